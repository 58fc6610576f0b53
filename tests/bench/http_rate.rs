//! An HTTP capability beside the same requests made by a bare loop, alternately: `http_rate URL REQUESTS ROUNDS`, the token on
//! standard input. Prints one JSON object.
//!
//! The server that is asked, the bare loop and the governed one are in this process; the appliance is not. Every governed
//! request is a run with policy, audit and two durable commits.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a program for measuring")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CLIENTS: usize = 16;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{\"items\":[1,2,3],\"ok\":true}";
const MANIFEST: &str = "name = \"bench-http\"\nkind = \"http\"\n[http]\nresource = \"bench\"\nmethod = \"GET\"\npath = \"/items\"\n";

async fn serve(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(answer(socket));
    }
}

/// Answers each head that ends; the requests of this program have no bodies.
async fn answer(mut socket: TcpStream) {
    let _ = socket.set_nodelay(true);
    let mut kept = Vec::new();
    while socket.read_buf(&mut kept).await.is_ok_and(|read| read > 0) {
        while let Some(end) = kept.windows(4).position(|window| window == b"\r\n\r\n") {
            kept.drain(..end + 4);
            if socket.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}

struct Appliance {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Appliance {
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.client.post(format!("{}{path}", self.url)).bearer_auth(&self.token).json(body).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "{path}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    async fn prepare(&self, server: &str) -> Result<()> {
        let settings = json!({ "url": server, "private": ["127.0.0.1"] });
        self.post("/api/v1/resources", &json!({ "name": "bench", "purpose": "figures", "settings": settings })).await?;
        self.post("/api/v1/resources/bench/grants", &json!({ "tenant": "default" })).await?;
        let part = reqwest::multipart::Part::bytes(MANIFEST.as_bytes()).file_name("bench-http.toml");
        let form = reqwest::multipart::Form::new().part("file", part);
        let sent = self.client.post(format!("{}/api/v1/capabilities", self.url)).bearer_auth(&self.token).multipart(form).send().await?;
        ensure!(sent.status().is_success(), "{}", sent.text().await?);
        self.post("/api/v1/capabilities/bench-http/versions/1/publish", &json!({})).await?;
        Ok(())
    }

    async fn run(&self) -> Result<()> {
        let run = self.post("/api/v1/runs?wait=30", &json!({ "capability": "bench-http" })).await?;
        ensure!(run["phase"] == "succeeded" && run["result"]["ok"] == true, "{run}");
        Ok(())
    }
}

fn client() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().pool_max_idle_per_host(CLIENTS).timeout(Duration::from_mins(1)).build()?)
}

/// Requests in a second of so many clients, and the median of one client alone, in milliseconds.
async fn measure<F, W>(total: usize, work: W) -> Result<(f64, f64)>
where
    W: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<()>> + Send,
{
    let mut alone = Vec::new();
    for _ in 0..50 {
        let began = Instant::now();
        work().await?;
        alone.push(began.elapsed());
    }
    alone.sort();
    let (work, left) = (Arc::new(work), Arc::new(AtomicUsize::new(total)));
    let began = Instant::now();
    let tasks: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (work, left) = (Arc::clone(&work), Arc::clone(&left));
            tokio::spawn(async move {
                while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                    work().await?;
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let rate = f64::from(u32::try_from(total)?) / began.elapsed().as_secs_f64();
    Ok((rate, alone[alone.len() / 2].as_secs_f64() * 1_000.0))
}

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, total, rounds] = words.as_slice() else { anyhow::bail!("http_rate URL REQUESTS ROUNDS, the token on standard input") };
    let (total, rounds): (usize, usize) = (total.parse()?, rounds.parse()?);
    let mut token = String::new();
    std::io::Read::read_to_string(&mut std::io::stdin(), &mut token)?;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = format!("http://{}", listener.local_addr()?);
    tokio::spawn(serve(listener));
    let appliance = Arc::new(Appliance { client: client()?, url: url.trim_end_matches('/').to_owned(), token: token.trim().to_owned() });
    appliance.prepare(&server).await.context("prepare the appliance")?;
    let (bare, items) = (client()?, format!("{server}/items"));
    let mut found = Vec::new();
    for _ in 0..rounds {
        let (bare, items) = (bare.clone(), items.clone());
        let plain = measure(total, move || {
            let request = bare.get(&items);
            async move {
                let answer: Value = request.send().await?.json().await?;
                ensure!(answer["ok"] == true, "{answer}");
                Ok(())
            }
        })
        .await?;
        let appliance = Arc::clone(&appliance);
        let governed = measure(total, move || {
            let appliance = Arc::clone(&appliance);
            async move { appliance.run().await }
        })
        .await?;
        found.push(json!({ "bare_rate": plain.0, "bare_p50_ms": plain.1, "governed_rate": governed.0, "governed_p50_ms": governed.1 }));
    }
    println!("{}", json!({ "clients": CLIENTS, "requests": total, "rounds": found }));
    Ok(())
}
