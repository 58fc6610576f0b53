//! Servers of every temper, on loopback, started by the tests and gone with them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// What a server does with a request.
pub enum Reply {
    /// Status, headers, body.
    Plain(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, and then nothing more.
    Raw(Vec<u8>),
    /// The first bytes, and then the others again and again, so many milliseconds apart.
    Endless(Vec<u8>, Vec<u8>, u64),
}

impl Reply {
    pub fn json(value: &serde_json::Value) -> Self {
        Self::Plain(200, vec![("content-type", "application/json".to_owned())], value.to_string().into_bytes())
    }

    pub fn status(status: u16) -> Self {
        Self::Plain(status, Vec::new(), Vec::new())
    }

    pub fn redirect(status: u16, to: impl Into<String>) -> Self {
        Self::Plain(status, vec![("location", to.into())], Vec::new())
    }
}

type Answers = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A server that remembers what it was asked.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<usize>>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn plain(answers: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, answers).await
    }

    pub async fn tls(config: Arc<rustls::ServerConfig>, answers: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Some(tokio_rustls::TlsAcceptor::from(config)), answers).await
    }

    async fn start(tls: Option<tokio_rustls::TlsAcceptor>, answers: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (seen, connections): (Arc<Mutex<Vec<Seen>>>, Arc<Mutex<usize>>) = (Arc::default(), Arc::default());
        let answers: Arc<Answers> = Arc::new(answers);
        let (notes, count) = (Arc::clone(&seen), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                *count.lock().expect("lock") += 1;
                let (notes, answers, tls) = (Arc::clone(&notes), Arc::clone(&answers), tls.clone());
                tokio::spawn(async move {
                    socket.set_nodelay(true).expect("no delay");
                    match tls {
                        None => talk(socket, &notes, &*answers).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(socket).await {
                                talk(stream, &notes, &*answers).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, seen, connections, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn secure_url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("lock").clone()
    }

    pub fn last(&self) -> Seen {
        self.seen().pop().expect("a request came")
    }

    /// Connections that were opened, whatever came over them.
    pub fn connections(&self) -> usize {
        *self.connections.lock().expect("lock")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, notes: &Mutex<Vec<Seen>>, answers: &Answers) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        notes.lock().expect("lock").push(request.clone());
        match answers(&request) {
            Reply::Plain(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                let mut bytes = (head + "\r\n").into_bytes();
                if request.method != "HEAD" {
                    bytes.extend_from_slice(&body);
                }
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Endless(first, next, pause_ms) => {
                let mut alive = stream.write_all(&first).await.is_ok();
                while alive {
                    alive = stream.write_all(&next).await.is_ok() && stream.flush().await.is_ok();
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                }
                return;
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), buffer: &mut Vec<u8>) -> Option<Seen> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let find = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let length: usize = find("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = buffer.drain(..length).collect();
    Some(Seen { method, target, headers, body })
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).expect("packed");
    packer.finish().expect("packed")
}

/// An authority with a server's and a client's certificate, in PEM.
pub struct Authority {
    pub pem: String,
    pub server: Arc<rustls::ServerConfig>,
    pub client_chain: String,
    pub client_key: String,
    /// SHA-256 of the server's certificate.
    pub pin: String,
}

impl Authority {
    pub fn new() -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("key")).expect("an authority");
        let leaf = |names: &[&str]| {
            let key = KeyPair::generate().expect("key");
            let params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).expect("params");
            (params.signed_by(&key, &*issuer).expect("signed"), key)
        };
        let ((server, server_key), (client, client_key)) = (leaf(&["localhost"]), leaf(&["client.example"]));
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from(issuer.der().to_vec())).expect("a root");
        let verifier =
            rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().expect("verifier");
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![server.der().clone()], PrivateKeyDer::try_from(server_key.serialize_der()).expect("a key"))
            .expect("a server");
        Self {
            pem: issuer.pem(),
            server: Arc::new(config),
            client_chain: client.pem(),
            client_key: client_key.serialize_pem(),
            pin: execgov::crypto::digest::sha256_hex(server.der()),
        }
    }
}

/// Members of a form body.
pub fn form(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}
