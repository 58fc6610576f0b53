//! Lists of runs, newest first, at any size of the ledger.
//!
//! Every index row ends with the run's id, so a list over several phases merges one index range per phase, newest id
//! first, and reads only the records it shows. What no index answers (trigger, label) is filtered within a bound of
//! work; a page may then be short and still have a next one.

use serde::{Deserialize, Serialize};

use super::{RunError, Runs, faults, show::summary};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::{Action, Caller, Sight};
use crate::domain::identity::{User, Username};
use crate::domain::ids::{CapabilityId, RunId, TenantKey, UserId};
use crate::domain::run::{Phase, Run};
use crate::service::page::{decode_cursor, encode_cursor};
use crate::store::record::identity::{self, USER_BY_NAME};
use crate::store::record::run::{BY_CAPABILITY, BY_PHASE, BY_REQUESTER, capability_prefix, phase_prefix, requester_prefix};
use crate::store::record::scoped;
use crate::store::{Scan, Snapshot};
use crate::wire::page::CountedPage;
use crate::wire::run::{RunQuery, RunSummary};

/// Records read for one page, at most.
const WORK: usize = 2_000;
/// Rows counted for a total, at most: counting ten thousand would take longer than reading the page.
const COUNTED: u64 = 1_000;

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    before: RunId,
}

/// A query with its texts understood.
struct Filter {
    capability: Option<CapabilityId>,
    phases: Vec<Phase>,
    all_phases: bool,
    requester: Option<String>,
    trigger: Option<crate::domain::run::Trigger>,
    label: Option<(String, Option<String>)>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Runs {
    /// # Errors
    /// [`faults::BAD_QUERY`] names the parameter that cannot be understood.
    pub fn list(&self, caller: &Caller, query: &RunQuery) -> Result<CountedPage<RunSummary>, Fault> {
        let nothing = || CountedPage { items: Vec::new(), next: None, total: 0, total_is_lower_bound: false };
        let sight = self.gate.sight(caller, Action::RunView);
        let snapshot = self.ledger.read().map_err(RunError::from)?;
        let Some(mut filter) = self.understand(caller, query, &snapshot)? else { return Ok(nothing()) };
        // What may not be seen is not read, counted or sorted.
        match sight {
            Sight::Tenant => {}
            Sight::Own => {
                let me = caller.actor().id;
                if filter.requester.is_some() && filter.requester != me {
                    return Ok(nothing());
                }
                filter.requester = me;
            }
            Sight::Nothing => return Ok(nothing()),
        }
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let cursor: Option<Cursor> = decode_cursor(query.cursor.as_deref())?;
        let mut ids = Merged::open(&snapshot, caller, &filter, cursor.as_ref().map(|cursor| cursor.before))?;
        let mut items = Vec::with_capacity(limit);
        let (mut read, mut last) = (0, None);
        let next = loop {
            let Some(id) = ids.next()? else { break None };
            if items.len() == limit || read == WORK {
                break last.map(|before| encode_cursor(&Cursor { before }));
            }
            read += 1;
            last = Some(id);
            let Some(stored) = snapshot.get::<Run>(&scoped(&caller.tenant, &[id.bytes()])).map_err(RunError::from)? else { continue };
            if filter.holds(&stored.record) {
                items.push(summary(&stored.record, self.progress(&stored.record)));
            }
        };
        let (total, total_is_lower_bound) = Self::total(caller, &snapshot, &filter)?;
        Ok(CountedPage { items, next, total, total_is_lower_bound })
    }

    /// `None` when the query can match nothing, such as a capability that does not exist.
    fn understand(&self, caller: &Caller, query: &RunQuery, snapshot: &Snapshot) -> Result<Option<Filter>, Fault> {
        let mut filter = Filter {
            capability: None,
            phases: Phase::ALL.to_vec(),
            all_phases: true,
            requester: None,
            trigger: query.trigger,
            label: query.label.as_ref().map(|label| match label.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (label.clone(), None),
            }),
            from: moment("from", query.from.as_deref())?,
            to: moment("to", query.to.as_deref())?,
        };
        if let Some(words) = query.phase.as_deref().filter(|words| !words.is_empty()) {
            filter.all_phases = false;
            filter.phases = words.split(',').map(|word| phase(word.trim())).collect::<Result<_, _>>()?;
            filter.phases.sort_unstable();
            filter.phases.dedup();
        }
        if let Some(name) = &query.capability {
            match self.capabilities.id_of(snapshot, &caller.tenant, name)? {
                Some(id) => filter.capability = Some(id),
                None => return Ok(None),
            }
        }
        if let Some(who) = query.requester.as_deref().filter(|who| !who.is_empty()) {
            match principal_id(snapshot, &caller.tenant, who)? {
                Some(id) => filter.requester = Some(id),
                None => return Ok(None),
            }
        }
        Ok(Some(filter))
    }

    fn total(caller: &Caller, snapshot: &Snapshot, filter: &Filter) -> Result<(u64, bool), Fault> {
        if filter.trigger.is_some() || filter.label.is_some() || filter.from.is_some() || filter.to.is_some() {
            return Ok((0, true));
        }
        if filter.capability.is_some() && filter.requester.is_some() {
            return Ok((0, true));
        }
        let mut total = 0;
        for scan in scans(caller, filter) {
            total += snapshot.count::<Run>(&scan.limit(usize::try_from(COUNTED - total).unwrap_or(0))).map_err(RunError::from)?;
            if total >= COUNTED {
                return Ok((COUNTED, true));
            }
        }
        Ok((total, false))
    }
}

impl Filter {
    /// What the chosen index does not answer already; checking the rest again does no harm.
    fn holds(&self, run: &Run) -> bool {
        self.capability.is_none_or(|id| run.capability == id)
            && (self.all_phases || self.phases.contains(&run.phase))
            && self.requester.as_ref().is_none_or(|id| run.requester.id.as_ref() == Some(id))
            && self.trigger.is_none_or(|trigger| run.trigger == trigger)
            && self
                .label
                .as_ref()
                .is_none_or(|(key, value)| run.labels.get(key).is_some_and(|have| value.as_ref().is_none_or(|want| want == have)))
            && self.from.is_none_or(|from| run.created_at >= from)
            && self.to.is_none_or(|to| run.created_at < to)
    }
}

/// The index ranges that together hold every run the filter can match.
fn scans(caller: &Caller, filter: &Filter) -> Vec<Scan> {
    let tenant = &caller.tenant;
    match (filter.capability, &filter.requester) {
        (Some(capability), _) => {
            filter.phases.iter().map(|phase| Scan::index(BY_CAPABILITY, &capability_prefix(tenant, capability, *phase))).collect()
        }
        (None, Some(requester)) => {
            filter.phases.iter().map(|phase| Scan::index(BY_REQUESTER, &requester_prefix(tenant, requester, *phase))).collect()
        }
        (None, None) if filter.all_phases => vec![Scan::table(&scoped(tenant, &[]))],
        (None, None) => filter.phases.iter().map(|phase| Scan::index(BY_PHASE, &phase_prefix(tenant, *phase))).collect(),
    }
}

type Ids = Box<dyn Iterator<Item = Result<RunId, RunError>>>;

/// Several index ranges as one, newest id first.
struct Merged {
    ranges: Vec<std::iter::Peekable<Ids>>,
    oldest: Option<Timestamp>,
}

impl Merged {
    fn open(snapshot: &Snapshot, caller: &Caller, filter: &Filter, before: Option<RunId>) -> Result<Self, RunError> {
        // Ids carry their moment, so a bound on time is a bound on ids.
        let newest = filter.to.map(first_id_at);
        let before = match (before, newest) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let mut ranges = Vec::new();
        for scan in scans(caller, filter) {
            let mut scan = scan.reverse();
            if let Some(before) = before {
                scan = scan.after_suffix(before.bytes());
            }
            let keys: Ids = Box::new(snapshot.keys_iter::<Run>(&scan)?.map(|key| key.map_err(RunError::from).and_then(|key| run_id(&key))));
            ranges.push(keys.peekable());
        }
        Ok(Self { ranges, oldest: filter.from })
    }

    fn next(&mut self) -> Result<Option<RunId>, RunError> {
        let mut best: Option<(usize, RunId)> = None;
        for (at, range) in self.ranges.iter_mut().enumerate() {
            let Some(next) = range.peek() else { continue };
            let Ok(id) = next else { return range.next().transpose() };
            if best.is_none_or(|(_, newest)| *id > newest) {
                best = Some((at, *id));
            }
        }
        let Some((at, id)) = best else { return Ok(None) };
        self.ranges[at].next();
        if self.oldest.is_some_and(|oldest| id < first_id_at(oldest)) {
            self.ranges.clear();
            return Ok(None);
        }
        Ok(Some(id))
    }
}

/// The smallest id that a run born at this moment can have.
fn first_id_at(moment: Timestamp) -> RunId {
    let millis = u64::try_from(moment.as_millisecond()).unwrap_or(0);
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    RunId::from_bytes(bytes)
}

fn run_id(key: &[u8]) -> Result<RunId, RunError> {
    let bytes = key.last_chunk::<16>().ok_or_else(|| std::io::Error::other("a run's key is too short"))?;
    Ok(RunId::from_bytes(*bytes))
}

fn phase(word: &str) -> Result<Phase, Fault> {
    Phase::from_word(word).ok_or_else(|| {
        let words: Vec<_> = Phase::ALL.iter().map(|phase| phase.word()).collect();
        faults::BAD_QUERY.fault(format!(
            "`phase` does not know `{}`; it knows {}",
            word.chars().take(40).collect::<String>(),
            words.join(", ")
        ))
    })
}

fn moment(name: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Fault> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            text.parse().map_err(|_| {
                faults::BAD_QUERY
                    .fault(format!("`{name}` must be an RFC 3339 moment such as 2026-01-31T12:00:00Z"))
                    .param("parameter", name)
            })
        })
        .transpose()
}

/// The id of a principal, given as an id or as a user name.
fn principal_id(snapshot: &Snapshot, tenant: &TenantKey, who: &str) -> Result<Option<String>, Fault> {
    if who.parse::<UserId>().is_ok() {
        return Ok(Some(who.to_owned()));
    }
    let Ok(name) = who.parse::<Username>() else { return Ok(None) };
    let stored = snapshot.find::<User>(USER_BY_NAME, &identity::name_key(&name)).map_err(RunError::from)?;
    Ok(stored.filter(|stored| stored.record.tenant == *tenant).map(|stored| stored.record.id.to_string()))
}
