//! The listening socket, and whether it speaks TLS: any address that others can reach must.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use listenfd::ListenFd;

use crate::api::tls::{Certificate, Pair, self_signed};
use crate::base::fault::{Class, Code, Fault};
use crate::conf::{Config, TlsMode};

/// The address cannot be listened on.
pub const NO_ADDRESS: Code = Code::new("EG-SYS-005", Class::Unavailable, "Address cannot be listened on");

/// A bound socket and the certificate it shows, if any.
pub struct Door {
    pub listener: TcpListener,
    pub address: SocketAddr,
    pub certificate: Option<Arc<Certificate>>,
}

impl Door {
    /// Takes the socket that the service manager passed on, or binds the address of the settings.
    ///
    /// # Errors
    /// When the address is taken or not ours, or the certificate cannot be used.
    pub fn open(config: &Config, data_dir: &Path) -> Result<Self, Fault> {
        let wanted = config.listen.address;
        let no_address = |error: std::io::Error| {
            let fault = NO_ADDRESS.fault(format!("{wanted}: {error}")).cause(error);
            fault.hint("choose another address with listen.address or --listen; port 0 takes a free one")
        };
        let passed = ListenFd::from_env().take_tcp_listener(0).map_err(no_address)?;
        let listener = passed.map_or_else(|| TcpListener::bind(wanted), Ok).map_err(no_address)?;
        listener.set_nonblocking(true).map_err(no_address)?;
        let address = listener.local_addr().map_err(no_address)?;
        let certificate = certificate(config, data_dir, address)?;
        Ok(Self { listener, address, certificate })
    }

    /// The address as a URL. An unspecified address is shown as the loopback one, which always reaches it.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("{scheme}://{address}")
    }
}

fn certificate(config: &Config, data_dir: &Path, address: SocketAddr) -> Result<Option<Arc<Certificate>>, Fault> {
    let tls = &config.tls;
    let own = !tls.certificate.as_os_str().is_empty();
    if tls.mode == TlsMode::Auto && !own && address.ip().to_canonical().is_loopback() {
        return Ok(None);
    }
    let pair = if own {
        Pair { certificate: tls.certificate.clone(), key: tls.key.clone() }
    } else {
        let mut names = tls.names.clone();
        if !address.ip().is_unspecified() {
            names.push(address.ip().to_string());
        }
        self_signed(&data_dir.join("tls"), &names)?
    };
    Certificate::open(pair).map(Some)
}
