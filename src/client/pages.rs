//! Lists that come in pages, read as one.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Client, ClientError};
use crate::wire::page::{CountedPage, Page};

/// An answer that carries rows and perhaps a cursor.
pub trait Cursored: DeserializeOwned {
    type Item;
    fn split(self) -> (Vec<Self::Item>, Option<String>);
}

impl<T: DeserializeOwned> Cursored for Page<T> {
    type Item = T;
    fn split(self) -> (Vec<T>, Option<String>) {
        (self.items, self.next)
    }
}

impl<T: DeserializeOwned> Cursored for CountedPage<T> {
    type Item = T;
    fn split(self) -> (Vec<T>, Option<String>) {
        (self.items, self.next)
    }
}

/// The pages of one list, asked for one after the other.
#[derive(Debug)]
pub struct Pages<P> {
    client: Client,
    path: Vec<String>,
    query: Value,
    done: bool,
    page: std::marker::PhantomData<fn() -> P>,
}

impl<P: Cursored> Pages<P> {
    pub(super) fn new(client: &Client, path: &[&str], query: &impl Serialize) -> Self {
        let mut query = serde_json::to_value(query).unwrap_or_default();
        if !query.is_object() {
            query = Value::Object(serde_json::Map::new());
        }
        Self {
            client: client.clone(),
            path: path.iter().map(|segment| (*segment).to_owned()).collect(),
            query,
            done: false,
            page: std::marker::PhantomData,
        }
    }

    /// The rows of the next page; nothing at the end.
    ///
    /// # Errors
    /// When the call fails; asking again repeats the same page.
    pub async fn next(&mut self) -> Result<Option<Vec<P::Item>>, ClientError> {
        if self.done {
            return Ok(None);
        }
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let page: P = self.client.get(&path, &self.query).await?;
        let (items, next) = page.split();
        match next {
            Some(cursor) if self.query["cursor"] != cursor.as_str() => self.query["cursor"] = Value::String(cursor),
            _ => self.done = true,
        }
        Ok(Some(items))
    }

    /// Rows up to a bound, and whether there are more.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn collect(mut self, most: usize) -> Result<(Vec<P::Item>, bool), ClientError> {
        let mut rows = Vec::new();
        while rows.len() < most {
            let wanted = (most - rows.len()).min(crate::base::limit::PAGE_ROWS);
            self.query["limit"] = wanted.into();
            let Some(items) = self.next().await? else { break };
            rows.extend(items);
        }
        let more = !self.done || rows.len() > most;
        rows.truncate(most);
        Ok((rows, more))
    }
}
