//! Events appended to a file, one line of JSON each. The file is opened anew for each batch, so that log rotation may
//! rename it at any time; an event counts as delivered once it was synced.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{FILE, TOGETHER, Trouble, well};
use crate::domain::audit::syslog::line;
use crate::service::audit::Audit;

/// Pause after a batch that took all there was, so that many small commits do not become as many syncs.
const PACE: Duration = Duration::from_millis(200);
/// Who may read the file: its owner and its group.
const MODE: u32 = 0o640;
/// How far back the end of the last whole line is looked for: longer than any line.
const TAIL: u64 = 1 << 20;

/// Appends until the stop.
pub(super) async fn session(audit: &Audit, path: &Path, stop: &CancellationToken) -> Result<(), Trouble> {
    let mut growth = audit.growth();
    let mut next = audit.forward_cursor(FILE)?;
    loop {
        growth.mark_unchanged();
        let (events, _) = audit.events_from(next, TOGETHER)?;
        let Some(last) = events.last() else {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = growth.changed() => if changed.is_err() { return Ok(()) },
            }
            continue;
        };
        next = last.index + 1;
        let full = events.len() as u64 == TOGETHER;
        let text: String = events.iter().map(|logged| line(logged.index, &logged.event) + "\n").collect();
        let path = path.to_owned();
        let written =
            tokio::task::spawn_blocking(move || append(&path, text.as_bytes()).map_err(|error| format!("{}: {error}", path.display())));
        written.await.unwrap_or_else(|error| Err(error.to_string())).map_err(Trouble::Target)?;
        audit.delivered(FILE, next).await?;
        well(audit, FILE);
        if !full {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(PACE) => {}
            }
        }
    }
}

/// Appends whole lines. What a crash left of a line is taken away first: its event comes again.
fn append(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(MODE).open(path)?;
    drop_torn_line(&mut file)?;
    file.write_all(text)?;
    file.sync_data()
}

fn drop_torn_line(file: &mut File) -> io::Result<()> {
    let len = file.metadata()?.len();
    let start = len.saturating_sub(TAIL);
    let mut tail = Vec::new();
    file.seek(SeekFrom::Start(start))?;
    if len > 0 {
        file.seek(SeekFrom::Start(len - 1))?;
        Read::by_ref(file).take(1).read_to_end(&mut tail)?;
        if tail == b"\n" {
            return Ok(());
        }
        tail.clear();
        file.seek(SeekFrom::Start(start))?;
        Read::by_ref(file).take(TAIL).read_to_end(&mut tail)?;
        let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
        file.set_len(start + whole)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_gives_way_to_whole_ones() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("events");
        append(&path, b"{\"a\":1}\n").expect("written");
        std::fs::OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(b"{\"b\":")).expect("torn");
        append(&path, b"{\"b\":2}\n").expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "{\"a\":1}\n{\"b\":2}\n");
        std::fs::write(&path, "torn").expect("written");
        append(&path, b"x\n").expect("written");
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "x\n");
    }
}
