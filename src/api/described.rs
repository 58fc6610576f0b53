//! Routes that can be described: what is served is put together at start, the description when somebody asks for it.
//!
//! Making every schema takes megabytes and touches a good part of the program's code, which an idle server should not hold.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::MethodRouter;
use utoipa::openapi::OpenApi as Description;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::state::AppState;

/// Makes the description of one address.
type Describe = fn() -> UtoipaMethodRouter<AppState>;

/// The handlers of one address.
pub struct Route {
    path: String,
    methods: MethodRouter<AppState>,
    describe: Describe,
}

impl Route {
    pub fn new(path: String, methods: MethodRouter<AppState>, describe: Describe) -> Self {
        Self { path, methods, describe }
    }

    /// Takes bodies of so many bytes, instead of what the settings say.
    pub fn limited(mut self, bytes: usize) -> Self {
        self.methods = self.methods.layer(DefaultBodyLimit::max(bytes));
        self
    }
}

/// The routes of one noun, or of several.
#[derive(Default)]
pub struct Routes {
    router: Router<AppState>,
    described: Vec<Describe>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn routes(mut self, route: Route) -> Self {
        self.router = self.router.route(&route.path, route.methods);
        self.described.push(route.describe);
        self
    }

    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.described.extend(other.described);
        self
    }

    pub fn into_router(self) -> Router<AppState> {
        self.router
    }

    /// Adds all routes to a description.
    pub fn describe(self, head: Description) -> Description {
        let all = self.described.into_iter().fold(OpenApiRouter::with_openapi(head), |all, describe| all.routes(describe()));
        all.into_openapi()
    }
}

/// One address with its handlers, each of which says its path and methods in `#[utoipa::path]`.
macro_rules! routes {
    ($first:ident $(, $more:ident)* $(,)?) => {{
        use utoipa::Path as _;
        utoipa_axum::paste! {
            $crate::api::described::Route::new(
                [<__path_ $first>]::path(),
                axum::routing::MethodRouter::new()
                    .on($crate::api::described::filter(&[<__path_ $first>]::methods()), $first)
                    $(.on($crate::api::described::filter(&[<__path_ $more>]::methods()), $more))*,
                || utoipa_axum::routes!($first $(, $more)*),
            )
        }
    }};
}
pub(super) use routes;

/// The methods that a handler answers, as axum says it.
pub fn filter(methods: &[utoipa::openapi::HttpMethod]) -> axum::routing::MethodFilter {
    let each = methods.iter().map(utoipa_axum::PathItemExt::to_method_filter);
    each.reduce(axum::routing::MethodFilter::or).unwrap_or(axum::routing::MethodFilter::GET)
}
