//! Which addresses a connection may go to.
//!
//! A name is looked up once for each connection; every address in the answer must be allowed, and the connection goes to
//! these addresses and to no others, so an answer that changes later changes nothing. Addresses written as such are checked
//! before a request is made of them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::fault::Problem;
use crate::domain::http::{AddressRule, address};
use crate::domain::resource::HttpSettings;

/// Addresses of one name that are looked at, at most.
const ADDRESSES: usize = 64;
/// Hosts that one resource meets through redirects, at most.
const HOSTS: usize = 100;

/// The future of a look-up.
pub type Looking = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names.
pub trait Lookup: Send + Sync {
    fn lookup(&self, host: &str) -> Looking;
}

/// The resolver of this host.
#[derive(Debug, Clone, Copy)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str) -> Looking {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// The rules of one resource.
pub struct Guard {
    listed: Vec<AddressRule>,
    lookup: Arc<dyn Lookup>,
    /// The ports that a host is asked at; a rule about a port must allow each.
    ports: Mutex<HashMap<String, Vec<u16>>>,
}

impl Guard {
    pub fn new(settings: &HttpSettings, lookup: Arc<dyn Lookup>) -> Self {
        Self { listed: settings.listed(), lookup, ports: Mutex::default() }
    }

    /// Looks at where a request would go, before anything of it is sent.
    pub fn admit(&self, url: &Url) -> Result<(), Problem> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Problem::Redirect(format!("`{}` is neither http nor https", url.scheme())));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        match url.host() {
            Some(Host::Ipv4(address)) => self.check(url.host_str().unwrap_or_default(), IpAddr::V4(address), &[port]),
            Some(Host::Ipv6(address)) => self.check(url.host_str().unwrap_or_default(), IpAddr::V6(address), &[port]),
            Some(Host::Domain(name)) => {
                let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
                if ports.len() >= HOSTS && !ports.contains_key(name) {
                    return Err(Problem::Redirect("the resource leads to too many hosts".to_owned()));
                }
                let known = ports.entry(name.to_ascii_lowercase()).or_default();
                if !known.contains(&port) {
                    known.push(port);
                }
                Ok(())
            }
            None => Err(Problem::BadRequest("the address has no host".to_owned())),
        }
    }

    fn check(&self, host: &str, found: IpAddr, ports: &[u16]) -> Result<(), Problem> {
        let own = is_own(found);
        let verdict = ports.iter().try_for_each(|port| address::check(found, *port, &self.listed, own));
        verdict.map_err(|what| Problem::Forbidden { host: host.to_owned(), address: found.to_string(), what })
    }

    /// The addresses of a name, when every one of them is allowed.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Problem> {
        let unknown = |why: String| Problem::Unreachable(format!("{host} has no address: {why}"));
        let found = self.lookup.lookup(host).await.map_err(|error| unknown(error.to_string()))?;
        if found.is_empty() || found.len() > ADDRESSES {
            return Err(unknown(format!("the answer has {} of them", found.len())));
        }
        let ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner).get(&host.to_ascii_lowercase()).cloned();
        let ports = ports.unwrap_or_else(|| vec![0]);
        found.iter().try_for_each(|address| self.check(host, *address, &ports))?;
        Ok(found)
    }
}

/// Whether an address belongs to this very host: only then can a socket be bound to it.
fn is_own(address: IpAddr) -> bool {
    UdpSocket::bind(SocketAddr::new(address, 0)).is_ok()
}

/// The guard as the HTTP library asks it.
pub struct Resolver(pub Arc<Guard>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let found = guard.addresses(name.as_str()).await?;
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
