//! Python sources: parsed, never imported, never executed.
//!
//! `source` and `depth` get from bytes to a tree, `module` looks names up, `literal` and `annotation` give values and
//! types, and one file each reads a way of declaring inputs: `signature`, `argparse` (with `option`), `click`.

mod annotation;
mod argparse;
mod argument;
mod click;
mod depth;
mod docstring;
mod literal;
mod module;
mod option;
mod reach;
mod signature;
mod source;
mod stdlib;
mod style;
mod uses;

pub use annotation::choices;
pub use depth::on_deep_stack;
pub use docstring::summary;
pub use source::decode;
pub use style::{imported_modules, inspect, is_runnable};
