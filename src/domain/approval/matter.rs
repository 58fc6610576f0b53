//! What a request is about: a run, the publishing of a version, a setting, or the review of a run that went ahead without asking.
//!
//! One mechanism serves all of them: a digest of what would happen, people who agree, and one moment at which it is used.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::base::clock::Timestamp;
use crate::domain::capability::Name;
use crate::domain::ids::{CapabilityId, RunId};

/// The sort of thing that a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatterKind {
    /// A run starts when it is agreed to.
    Run,
    /// A version becomes the current one when it is agreed to.
    Publish,
    /// A setting changes when it is agreed to.
    Setting,
    /// A run has happened already: somebody says whether that was right.
    Review,
}

impl MatterKind {
    pub const ALL: [Self; 4] = [Self::Run, Self::Publish, Self::Setting, Self::Review];

    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Publish => "publish",
            Self::Setting => "setting",
            Self::Review => "review",
        }
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A run, as a request names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMatter {
    pub run: RunId,
    pub capability: CapabilityId,
    pub capability_name: Name,
    pub version: u32,
}

/// A version that is to become the current one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishMatter {
    pub capability: CapabilityId,
    pub capability_name: Name,
    pub version: u32,
    /// Not before this moment; at once when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A setting that is to change. The one who owns the setting understands `change`; everybody can read `before` and `after`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Whose setting it is: `rule`, `freeze`, `governance`, `standing_approval`, `policy`.
    pub setting: String,
    /// Which one, for people.
    pub name: String,
    pub change: Value,
    /// How it was when the change was asked for. When it is another way as the change is agreed to, the request is void.
    pub before: Value,
    pub after: Value,
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Matter {
    Run(RunMatter),
    Publish(PublishMatter),
    Setting(Change),
    Review(RunMatter),
}

impl Matter {
    #[must_use]
    pub const fn kind(&self) -> MatterKind {
        match self {
            Self::Run(_) => MatterKind::Run,
            Self::Publish(_) => MatterKind::Publish,
            Self::Setting(_) => MatterKind::Setting,
            Self::Review(_) => MatterKind::Review,
        }
    }

    #[must_use]
    pub const fn run(&self) -> Option<RunId> {
        match self {
            Self::Run(run) | Self::Review(run) => Some(run.run),
            Self::Publish(_) | Self::Setting(_) => None,
        }
    }

    /// The capability and the version of it that it is about.
    #[must_use]
    pub const fn version(&self) -> Option<(CapabilityId, &Name, u32)> {
        match self {
            Self::Run(run) | Self::Review(run) => Some((run.capability, &run.capability_name, run.version)),
            Self::Publish(publish) => Some((publish.capability, &publish.capability_name, publish.version)),
            Self::Setting(_) => None,
        }
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Run(run) | Self::Review(run) => run.capability_name.to_string(),
            Self::Publish(publish) => publish.capability_name.to_string(),
            Self::Setting(change) => format!("{}: {}", change.setting, change.name),
        }
    }
}
