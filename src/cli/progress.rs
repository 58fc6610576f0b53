//! How far a transfer is: a bar on a terminal, elsewhere a line every ten seconds.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use super::safe;
use super::show;
use crate::client::Progress;

const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows one transfer until dropped.
pub struct Meter {
    bar: Option<ProgressBar>,
    pub progress: Progress,
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Output {
    /// Begins to show a transfer.
    #[must_use]
    pub fn meter(&self, label: &str) -> Meter {
        let label = safe::plain(label).into_owned();
        if self.quiet {
            return Meter { bar: None, progress: Arc::new(|_, _| {}) };
        }
        if self.stderr.terminal {
            return bar(&label, self.ascii);
        }
        let out = *self;
        let last = Mutex::new(Instant::now());
        let progress = move |moved: u64, total: Option<u64>| {
            let Ok(mut last) = last.lock() else { return };
            if last.elapsed() >= LINE_EVERY {
                *last = Instant::now();
                let of = total.map(|total| format!(" of {}", show::bytes(total))).unwrap_or_default();
                out.note(&format!("{label}: {}{of}", show::bytes(moved)));
            }
        };
        Meter { bar: None, progress: Arc::new(progress) }
    }
}

fn bar(label: &str, ascii: bool) -> Meter {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    let template = "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars(if ascii { "=> " } else { "━╸ " }));
    }
    bar.set_message(label.to_owned());
    let shown = bar.clone();
    let progress = move |moved: u64, total: Option<u64>| {
        if let Some(total) = total {
            shown.set_length(total);
        }
        shown.set_position(moved);
    };
    Meter { bar: Some(bar), progress: Arc::new(progress) }
}
