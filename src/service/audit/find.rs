//! Lists of entries: filters, pages, and the bounds of one page's work.
//!
//! Facets are found by the index of the log, moments by bisection. Words are looked for in the entries that fit the rest;
//! a page looks at a bounded number of them and says where to go on.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{Audit, BAD_QUERY, whole};
use crate::base::clock::Timestamp;
use crate::base::fault::Fault;
use crate::base::limit::{PAGE_ROWS, PAGE_ROWS_DEFAULT};
use crate::domain::access::{Action, Caller, Resource};
use crate::domain::audit::{AuditFilter, Facet};
use crate::domain::ids::TenantKey;
use crate::service::page::{decode_cursor, encode_cursor};
use crate::service::storage_fault;
use crate::store::audit::{Places, Term, term};
use crate::store::{LoggedEvent, Snapshot};
use crate::wire::audit::{AuditEntry, AuditQuery};
use crate::wire::page::Page;

/// Entries in a bundle of the log.
const BUNDLE: u64 = 256;
/// Bundles that one page unpacks, at most: a rare match costs more pages, never more time for one.
const BUNDLES: usize = 220;
/// The same when words are looked for.
const BUNDLES_OF_WORDS: usize = 78;
/// Rows of the index that one page looks at, at most.
const SEEKS: u32 = 30_000;
/// Longest free text, in characters, and its words.
const TEXT_CHARS: usize = 200;
const WORDS: usize = 10;

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// Only entries below this index.
    below: u64,
}

impl Audit {
    /// Entries, newest first. Those who may not read the whole log see what they did themselves.
    ///
    /// # Errors
    /// [`BAD_QUERY`] names the parameter that cannot be understood.
    pub async fn list(&self, caller: &Caller, query: &AuditQuery) -> Result<Page<AuditEntry>, Fault> {
        let limit = query.limit.unwrap_or(PAGE_ROWS_DEFAULT).clamp(1, PAGE_ROWS);
        let search = self.search(caller, query.filter(), query.view.as_deref()).await?;
        let cursor: Option<Cursor> = decode_cursor(query.cursor.as_deref())?;
        let snapshot = self.evidence.ledger.read().map_err(storage_fault)?;
        let mut range = search.range(&snapshot)?;
        if let Some(cursor) = cursor {
            range.end = range.end.min(cursor.below);
        }
        let (found, below) = search.page(&snapshot, &range, limit)?;
        let items = found.into_iter().map(|logged| AuditEntry { index: logged.index, event: logged.event }).collect();
        Ok(Page { items, next: (below > range.start).then(|| encode_cursor(&Cursor { below })) })
    }

    /// What a caller looks for, within what they may see.
    pub(super) async fn search(&self, caller: &Caller, filter: AuditFilter, view: Option<&str>) -> Result<Search, Fault> {
        let everything = self.gate.may(caller, Action::AuditView, &whole(caller));
        if !everything {
            let own = Resource::Audit { tenant: caller.tenant.clone(), actor: caller.user_id() };
            let _permit = self.gate.allow(caller, Action::AuditView, &own).await?;
        }
        let filter = match view.filter(|view| !view.is_empty()) {
            Some(view) => filter.or(self.view_of(caller, view)?),
            None => filter,
        };
        let mut search = Search::understand(filter)?;
        let platform = Resource::Audit { tenant: TenantKey::platform(), actor: None };
        if !everything {
            search.only.push((Facet::Actor, caller.actor().id.unwrap_or_default()));
        } else if !self.gate.may(caller, Action::AuditView, &platform) {
            search.only.push((Facet::Tenant, caller.tenant.to_string()));
        }
        Ok(search)
    }
}

/// A filter that was understood.
pub(super) struct Search {
    filter: AuditFilter,
    /// What bounds the view of the one who asks.
    only: Vec<(Facet, String)>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    words: Vec<Regex>,
}

impl Search {
    pub(super) fn understand(filter: AuditFilter) -> Result<Self, Fault> {
        let q = filter.q.as_deref().unwrap_or_default();
        let words = filter.words();
        if q.chars().count() > TEXT_CHARS || words.len() > WORDS {
            let fault = BAD_QUERY.fault(format!("`q` has at most {TEXT_CHARS} characters and {WORDS} words"));
            return Err(fault.param("parameter", "q").param("limit", TEXT_CHARS).hint("Look for fewer words."));
        }
        let pattern = |word: &String| RegexBuilder::new(&regex::escape(word)).case_insensitive(true).build();
        let words = words.iter().map(pattern).collect::<Result<_, _>>();
        let words = words.map_err(|error| BAD_QUERY.fault("`q` cannot be looked for").param("parameter", "q").cause(error))?;
        let (from, to) = (moment("from", filter.from.as_deref())?, moment("to", filter.to.as_deref())?);
        Ok(Self { filter, only: Vec::new(), from, to, words })
    }

    /// The entries between the two moments that are still there.
    pub(super) fn range(&self, snapshot: &Snapshot) -> Result<Range<u64>, Fault> {
        let size = snapshot.log_size().map_err(storage_fault)?;
        let floor = snapshot.removed().map_err(storage_fault)?.map_or(0, |removed| removed.entries);
        let start = self.from.map_or(Ok(floor), |from| first_at(snapshot, from, floor..size))?;
        let end = self.to.map_or(Ok(size), |to| first_at(snapshot, to, floor..size))?;
        Ok(start..end)
    }

    /// One page, newest first, and the index below which the next page begins.
    pub(super) fn page(&self, snapshot: &Snapshot, range: &Range<u64>, limit: usize) -> Result<(Vec<LoggedEvent>, u64), Fault> {
        let mut found = Vec::new();
        let sealed = snapshot.log_size().map_err(storage_fault)? / BUNDLE * BUNDLE;
        let mut below = range.end;
        if below > sealed {
            for logged in snapshot.events(sealed.max(range.start)..below).map_err(storage_fault)?.into_iter().rev() {
                below = logged.index;
                if self.has_words(&logged.raw) && self.holds(&logged) {
                    found.push(logged);
                    if found.len() == limit {
                        return Ok((found, below));
                    }
                }
            }
            below = below.min(sealed.max(range.start));
        }
        let most = if self.words.is_empty() { BUNDLES } else { BUNDLES_OF_WORDS };
        let (mut seeks, mut unpacked) = (SEEKS, 0);
        let bundles = range.start / BUNDLE..below.div_ceil(BUNDLE);
        let mut candidates = snapshot.candidates(self.terms(), bundles).map_err(storage_fault)?;
        while below > range.start && unpacked < most {
            let Some((bundle, places)) = candidates.next(&mut seeks).map_err(storage_fault)? else {
                below = below.min(candidates.below() * BUNDLE).max(range.start);
                break;
            };
            unpacked += 1;
            let places = within(places, bundle, range.start..below);
            for logged in snapshot.pick(bundle, &places, &|raw| self.has_words(raw)).map_err(storage_fault)? {
                if self.holds(&logged) {
                    below = logged.index;
                    found.push(logged);
                    if found.len() == limit {
                        return Ok((found, below));
                    }
                }
            }
            below = below.min(bundle * BUNDLE).max(range.start);
        }
        Ok((found, below))
    }

    fn terms(&self) -> Vec<Term> {
        let only = self.only.iter().map(|(facet, text)| term(*facet, text));
        self.filter.facets().into_iter().map(|(facet, text)| term(facet, text)).chain(only).collect()
    }

    fn holds(&self, logged: &LoggedEvent) -> bool {
        let event = &logged.event;
        self.filter.holds(event)
            && self.only.iter().all(|(facet, text)| match facet {
                Facet::Actor => event.actor.id.as_ref() == Some(text),
                Facet::Tenant => event.tenant.as_str() == text,
                Facet::Action | Facet::Kind | Facet::Outcome | Facet::Thing => false,
            })
            // The log is in the order of time but for clock anomalies, so bisection may be off by those.
            && self.from.is_none_or(|from| event.at >= from)
            && self.to.is_none_or(|to| event.at < to)
    }

    fn has_words(&self, raw: &[u8]) -> bool {
        self.words.iter().all(|word| word.is_match(raw))
    }
}

/// The places of a bundle whose entries lie in a range.
fn within(places: Places, bundle: u64, range: Range<u64>) -> Places {
    let first = bundle * BUNDLE;
    if range.start <= first && range.end >= first + BUNDLE {
        return places;
    }
    let mut inside = Places::default();
    (0..=u8::MAX).filter(|place| range.contains(&(first + u64::from(*place)))).for_each(|place| inside.add(place));
    places.and(&inside)
}

/// The index of the first entry at or after a moment. The log is in the order of time but for clock anomalies, which
/// shift the answer by no more than the anomaly itself.
pub(super) fn first_at(snapshot: &Snapshot, moment: Timestamp, range: Range<u64>) -> Result<u64, Fault> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        let at = snapshot.events(middle..middle + 1).map_err(storage_fault)?.first().map(|logged| logged.event.at);
        if at.is_some_and(|at| at < moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

fn moment(name: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Fault> {
    text.filter(|text| !text.is_empty())
        .map(|text| {
            text.parse().map_err(|_| {
                BAD_QUERY.fault(format!("`{name}` must be an RFC 3339 moment such as 2026-01-31T12:00:00Z")).param("parameter", name)
            })
        })
        .transpose()
}
