//! Logs of runs that are tried more than once, that an earlier server left, and that the disk refuses.

use std::fs;

use serde_json::{Value, json};

use crate::appliance::{Appliance, eventually};
use crate::person::{Person, id_of, is_over};

/// Fails twice and succeeds the third time; what was tried before is told by the clock of the run alone.
const TRIES: &str = r#"# /// script
# [tool.execgov.retry]
# attempts = 3
# backoff = "10ms"
# ///
import sys
def main(lines: int = 1):
    for n in range(lines):
        print(f"line {n}")
    sys.exit(1)
"#;

async fn lines(ada: &Person, id: &str, attempt: u32) -> Vec<String> {
    let page = ada.get(&format!("/api/v1/runs/{id}/log?count=10000&attempt={attempt}")).await.json();
    assert_eq!(page["sealed"], true, "{page}");
    page["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

/// Small logs lie in the record, large ones in files: each attempt keeps its own, to be read, found and downloaded.
#[tokio::test]
async fn each_attempt_keeps_its_log() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    ada.publish("tries.py", TRIES).await;
    for count in [1, 2_000] {
        let run = ada.run("tries", json!({ "lines": count })).await;
        let id = id_of(&run);
        let attempts = run["attempts"].as_array().unwrap();
        assert_eq!((run["phase"].as_str(), attempts.len()), (Some("failed"), 3), "{run}");
        for attempt in 1..=3 {
            let found = lines(&ada, &id, attempt).await;
            assert_eq!((found.len(), found[count - 1].as_str()), (count, format!("line {}", count - 1).as_str()), "attempt {attempt}");
            let raw = ada.get(&format!("/api/v1/runs/{id}/log/raw?attempt={attempt}")).await;
            assert_eq!(raw.text.lines().count(), count, "attempt {attempt}");
            let hits = ada.get(&format!("/api/v1/runs/{id}/log/search?q=line+0&attempt={attempt}")).await.json();
            assert_eq!(hits["hits"][0]["line"], 1, "attempt {attempt}: {hits}");
        }
        assert!(attempts[..2].iter().all(|attempt| attempt["log"]["lines"] == count), "{run}");
        assert_eq!(run["log"]["lines"], count);
        let none = ada.get(&format!("/api/v1/runs/{id}/log?attempt=4")).await;
        assert_eq!((none.status, none.json()["code"].as_str()), (404, Some("EG-LOG-104")), "{}", none.text);
        assert_eq!(ada.get(&format!("/api/v1/runs/{id}/log?attempt=0")).await.status, 404);
    }
    eventually("an empty folder of open logs", || (open_logs(&appliance) == 0).then_some(()));
}

fn open_logs(appliance: &Appliance) -> usize {
    fs::read_dir(appliance.data().join("logs/open")).expect("the folder").count()
}

/// What a killed server leaves in `logs/open` is sealed, packed or dropped at the next start, and stays readable.
#[tokio::test]
async fn logs_of_a_killed_server_are_put_away() {
    let mut appliance = Appliance::with_settings("[queue]\nrunning = 2\n");
    let mut ada = Person::first(&appliance).await;
    let script = "import time\ndef main(lines: int):\n    for n in range(lines):\n        print(f'line {n}', flush=n % 50 == 49)\n    print('written', flush=True)\n    time.sleep(300)\n";
    ada.publish("stays.py", script).await;
    let mut ids = Vec::new();
    for count in [1, 3_000] {
        let id = id_of(&ada.start("stays", json!({ "lines": count })).await.json());
        ada.wait_for(&id, |phase| phase == "running").await;
        ids.push((id, count));
    }
    for (id, count) in &ids {
        eventually_async(|| async { ada.log(id).await.ends_with("written").then_some(()) }, &format!("{count} lines")).await;
    }
    appliance.kill();
    assert_eq!(open_logs(&appliance), 2, "both were being written");
    appliance.start_again();
    ada.moved(&appliance);
    for (id, count) in &ids {
        let run = ada.wait_for(id, is_over).await;
        assert_eq!((run["phase"].as_str(), run["log"]["lines"].as_u64()), (Some("interrupted"), Some(count + 2)), "{run}");
        let text = ada.log(id).await;
        assert!(text.lines().nth(usize::try_from(*count).unwrap()) == Some("written") && text.contains("EG-RUN-028"), "{text}");
    }
    assert_eq!(open_logs(&appliance), 0, "nothing is left open");
    let packed: usize = fs::read_dir(appliance.data().join("logs"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_name().len() == 2)
        .map(|folder| fs::read_dir(folder.path()).unwrap().count())
        .sum();
    assert_eq!(packed, 1, "the long one is packed, the short one stands in the record");
}

/// A log whose outcome was committed by a server that was killed before it could pack the file.
#[tokio::test]
async fn a_log_that_was_not_packed_is_packed_at_the_next_start() {
    let mut appliance = Appliance::start();
    let mut ada = Person::first(&appliance).await;
    ada.publish("long.py", "for n in range(3000):\n    print(f'line {n}')\n").await;
    let run = ada.run("long", json!({})).await;
    let id = id_of(&run);
    let folder = appliance.data().join("logs").join(&id[id.len() - 2..]);
    let name = format!("{id}-1.log");
    eventually("a packed log", || (folder.join(&name).exists() && open_logs(&appliance) == 0).then_some(()));
    let whole = ada.log(&id).await;
    appliance.kill();
    // As it was just before: sealed, in `open`.
    fs::rename(folder.join(&name), appliance.data().join("logs/open").join(&name)).expect("moved");
    appliance.start_again();
    ada.moved(&appliance);
    assert!(folder.join(&name).exists() && open_logs(&appliance) == 0);
    assert_eq!(ada.log(&id).await, whole);
    assert_eq!(whole.lines().count(), 3_000);
}

/// A log that cannot be written is no success: the outcome says so, and what there is can be read.
#[tokio::test]
async fn a_log_that_the_disk_refuses_fails_the_run() {
    let appliance = Appliance::start();
    let ada = Person::first(&appliance).await;
    ada.publish("long.py", "for n in range(20000):\n    print(f'line {n}')\n").await;
    let open = appliance.data().join("logs/open");
    fs::remove_dir(&open).expect("an empty folder");
    let run = ada.run("long", json!({})).await;
    assert_eq!((run["phase"].as_str(), run["reason_code"].as_str()), (Some("failed"), Some("EG-RUN-030")), "{run}");
    assert!(run["detail"].as_str().is_some_and(|detail| detail.contains("the log is not whole")), "{run}");
    fs::create_dir(&open).expect("the folder again");
    let run: Value = ada.run("long", json!({})).await;
    assert_eq!((run["phase"].as_str(), run["log"]["lines"].as_u64()), (Some("succeeded"), Some(20_000)), "{run}");
}

async fn eventually_async<T, F: Future<Output = Option<T>>>(look: impl Fn() -> F, what: &str) -> T {
    let end = std::time::Instant::now() + crate::appliance::SOON;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(std::time::Instant::now() < end, "{what} did not happen in time");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
