//! The identifiers of the nouns, and the keys of tenants.

use crate::define_id;

define_id!(/// A capability.
    CapabilityId, "cap");
define_id!(/// One run.
    RunId, "run");
define_id!(/// A person.
    UserId, "usr");
define_id!(/// A signed-in session; not its secret.
    SessionId, "ses");
define_id!(/// An API token; not its secret.
    TokenId, "tok");
define_id!(/// A request for approval.
    ApprovalId, "apr");
define_id!(/// An absence during which somebody stands in for an approver.
    DelegationId, "dlg");
define_id!(/// A consent to every run of one version with inputs of one pattern.
    StandingId, "sta");
define_id!(/// A calendar.
    CalendarId, "cal");
define_id!(/// A remark on a line of a version.
    RemarkId, "rmk");
define_id!(/// A freeze.
    FreezeId, "frz");
define_id!(/// A kept filter of the audit log.
    AuditViewId, "avw");
define_id!(/// An announcement.
    AnnouncementId, "ann");
define_id!(/// A template.
    TemplateId, "tpl");
define_id!(/// Something outside that capabilities reach.
    ResourceId, "res");
define_id!(/// A webhook.
    WebhookId, "hok");
define_id!(/// A group of people.
    GroupId, "grp");
define_id!(/// An uploaded input file.
    FileId, "fil");
define_id!(/// A secret; not its value.
    SecretId, "sec");
define_id!(/// A permission to use a secret.
    GrantId, "gra");
define_id!(/// A role in the hands of a person, a group or a service account.
    RoleGrantId, "rgr");
define_id!(/// A role that a tenant made for itself.
    CustomRoleId, "rol");
define_id!(/// One installation.
    InstallId, "ins");

/// The key of a tenant: 1 to 40 characters of `a-z`, `0-9` and `-`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantKey(String);

/// The one tenant of a private delivery.
pub const DEFAULT_TENANT: &str = "default";
/// The platform domain: not a tenant, but the key under which platform-owned records live.
pub const PLATFORM_DOMAIN: &str = "public";

/// Text that is not a tenant key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tenant key has 1 to 40 characters of a-z, 0-9 and '-', beginning with a letter")]
pub struct TenantKeyError;

impl TenantKey {
    #[must_use]
    pub fn default_tenant() -> Self {
        Self(DEFAULT_TENANT.to_owned())
    }

    #[must_use]
    pub fn platform() -> Self {
        Self(PLATFORM_DOMAIN.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantKey {
    type Error = TenantKeyError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.len() <= 40
            && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(text)) } else { Err(TenantKeyError) }
    }
}

impl From<TenantKey> for String {
    fn from(key: TenantKey) -> Self {
        key.0
    }
}

impl std::fmt::Display for TenantKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
