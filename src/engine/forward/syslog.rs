//! Events over one connection to a syslog server, plain (RFC 6587) or TLS (RFC 5425).
//!
//! The protocol has no answers, so delivery is inferred: the kernel gives a connection up when the other side has not
//! acknowledged for half of the confirmation time, and an event counts as delivered when its connection has lived on for
//! the whole of it. An orderly stop waits for the other side to close, which says that it has read everything.

use std::collections::VecDeque;
use std::io::BufReader;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::sockopt;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::{SYSLOG, TOGETHER, Trouble, well};
use crate::conf::{Forward, SyslogAddress};
use crate::domain::audit::syslog::frame;
use crate::service::audit::Audit;

const CONNECT: Duration = Duration::from_secs(10);
/// What may wait in the kernel, in bytes: less than a slow server reads within the confirmation time.
const SEND_BUFFER: usize = 256 << 10;
/// The cursor is written no more often than this.
const SAVE: Duration = Duration::from_secs(1);

/// One server and how it is reached.
pub struct Sender {
    pub audit: Audit,
    pub address: SyslogAddress,
    pub settings: Forward,
    pub confirm: Duration,
    /// The name under which this appliance speaks.
    pub host: String,
}

/// Both kinds of connection.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

fn trouble(what: &str, error: &(impl std::fmt::Display + ?Sized)) -> Trouble {
    Trouble::Target(format!("{what}: {error}"))
}

impl Sender {
    /// Connects and sends until the stop, or until something breaks.
    pub async fn session(&self, stop: &CancellationToken) -> Result<(), Trouble> {
        let connected = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            connected = timeout(CONNECT, self.connect()) => connected,
        };
        let stream = connected.map_err(|_| trouble("connect", "the server does not answer"))??;
        self.send(stream, stop).await
    }

    async fn connect(&self) -> Result<Box<dyn Stream>, Trouble> {
        let SyslogAddress { encrypted, host, port } = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(|error| trouble("connect", &error))?;
        let patience = u32::try_from(self.confirm.as_millis() / 2).unwrap_or(u32::MAX);
        sockopt::set_tcp_user_timeout(&stream, patience)
            .and_then(|()| sockopt::set_socket_keepalive(&stream, true))
            .and_then(|()| sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER))
            .map_err(|error| trouble("connect", &error))?;
        if !encrypted {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(host.clone()).map_err(|error| trouble("forward.syslog", &error))?;
        let stream = TlsConnector::from(Arc::new(tls(&self.settings)?)).connect(name, stream).await;
        Ok(Box::new(stream.map_err(|error| trouble("TLS", &error))?))
    }

    async fn send(&self, stream: Box<dyn Stream>, stop: &CancellationToken) -> Result<(), Trouble> {
        let (mut reader, mut writer) = split(stream);
        let mut growth = self.audit.growth();
        let mut next = self.audit.forward_cursor(SYSLOG)?;
        // What was sent, and when: the end of each batch.
        let mut sent: VecDeque<(Instant, u64)> = VecDeque::new();
        let (mut saved, mut ignored) = (Instant::now(), [0; 512]);
        loop {
            growth.mark_unchanged();
            let (events, _) = self.audit.events_from(next, TOGETHER)?;
            if let Some(last) = events.last() {
                next = last.index + 1;
                let bytes: Vec<u8> = events.iter().flat_map(|logged| frame(logged.index, &logged.event, &self.host)).collect();
                let written = async {
                    writer.write_all(&bytes).await?;
                    writer.flush().await
                };
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    written = written => written.map_err(|error| trouble("send", &error))?,
                    broken = hear(&mut reader, &mut ignored) => return Err(broken),
                }
                sent.push_back((Instant::now(), next));
                well(&self.audit, SYSLOG);
            }
            let due = sent.iter().take_while(|(at, _)| at.elapsed() >= self.confirm).count();
            if due > 0 && (due == sent.len() || saved.elapsed() >= SAVE) {
                if let Some((_, delivered)) = sent.drain(..due).next_back() {
                    self.audit.delivered(SYSLOG, delivered).await?;
                }
                saved = Instant::now();
            }
            if !events.is_empty() {
                continue;
            }
            let wake = sent.front().map(|(at, _)| *at + self.confirm);
            tokio::select! {
                () = stop.cancelled() => break,
                changed = growth.changed() => if changed.is_err() { break },
                broken = hear(&mut reader, &mut ignored) => return Err(broken),
                () = until(wake.map(|wake| wake.max(saved + SAVE))) => {}
            }
        }
        // Says good-bye; a server that closes then has read everything.
        let goodbye = async {
            writer.shutdown().await.ok()?;
            while reader.read(&mut ignored).await.ok()? > 0 {}
            Some(())
        };
        if !sent.is_empty() && timeout(self.confirm.min(Duration::from_secs(2)), goodbye).await.ok().flatten().is_some() {
            self.audit.delivered(SYSLOG, next).await?;
        }
        Ok(())
    }
}

/// Resolves when the connection is over; what the server says is of no interest.
async fn hear(reader: &mut (impl AsyncRead + Unpin), ignored: &mut [u8]) -> Trouble {
    loop {
        match reader.read(ignored).await {
            Ok(0) => return trouble("connection", "the server closed it"),
            Ok(_) => {}
            Err(error) => return trouble("connection", &error),
        }
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// Trusts the authorities of the settings and nobody else. Read anew for each connection, so that files may be renewed.
fn tls(settings: &Forward) -> Result<ClientConfig, Trouble> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&settings.ca, "forward.ca")? {
        roots.add(certificate).map_err(|error| trouble("forward.ca", &error))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| trouble("TLS", &error))?
        .with_root_certificates(roots);
    if settings.certificate.as_os_str().is_empty() {
        return Ok(builder.with_no_client_auth());
    }
    let chain = certificates(&settings.certificate, "forward.certificate")?;
    let key = PrivateKeyDer::from_pem_file(&settings.key).map_err(|error| trouble("forward.key", &error))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| trouble("forward.certificate", &error))
}

fn certificates(path: &std::path::Path, key: &str) -> Result<Vec<CertificateDer<'static>>, Trouble> {
    let file = std::fs::File::open(path).map_err(|error| trouble(key, &format!("{}: {error}", path.display())))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_reader_iter(BufReader::new(file)).collect();
    let found = found.map_err(|error| trouble(key, &error))?;
    if found.is_empty() { Err(trouble(key, &format!("{} holds no certificate", path.display()))) } else { Ok(found) }
}
