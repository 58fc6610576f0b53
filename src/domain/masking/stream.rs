//! Masking of output that comes in pieces: what may be the beginning of a secret waits for the next piece, nothing else does.

use std::sync::Arc;

use super::masker::{Found, Masker, is_base64};

/// One stream.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Output that was not given out yet.
    held: Vec<u8>,
    /// A secret whose mark was given out reaches so far into `held`; also when it ended exactly before it.
    covered: Option<Covered>,
    spare: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Covered {
    to: usize,
    /// Which secret it is.
    of: usize,
}

impl Lane {
    /// Takes a piece and gives out what is settled.
    pub fn pass(&mut self, masker: &Masker, piece: &[u8], out: &mut Vec<u8>) {
        if masker.is_idle() {
            out.extend_from_slice(piece);
            return;
        }
        self.held.extend_from_slice(piece);
        let (found, open) = masker.find(&self.held);
        let settled = masker.unfinished(&self.held).min(open);
        // In base64 the character before a secret holds bits of it.
        let shares = settled > 0 && is_base64(self.held[settled - 1]);
        self.give(masker, &found, settled - usize::from(shares), out);
    }

    /// Gives out the rest: nothing more comes.
    pub fn finish(&mut self, masker: &Masker, out: &mut Vec<u8>) {
        let (found, _) = masker.find(&self.held);
        self.give(masker, &found, self.held.len(), out);
        self.covered = None;
    }

    /// Gives out the first `settled` bytes, masked. A secret that goes on beyond them is remembered as covered.
    fn give(&mut self, masker: &Masker, all: &[Found], settled: usize, out: &mut Vec<u8>) {
        let mut covered = self.covered;
        let mut at = covered.map_or(0, |covered| covered.to.min(settled));
        for found in all {
            let goes_on = covered.is_some_and(|is| found.from < is.to || (found.from == is.to && found.of == is.of));
            if !goes_on && found.from >= settled {
                break;
            }
            if let (true, Some(is)) = (goes_on, &mut covered) {
                is.to = is.to.max(found.to);
            } else {
                out.extend_from_slice(&self.held[at..found.from]);
                out.extend_from_slice(masker.mark(found.of).as_bytes());
                covered = Some(Covered { to: found.to, of: found.of });
            }
            at = covered.map_or(0, |covered| covered.to.min(settled));
        }
        out.extend_from_slice(&self.held[at..settled]);
        self.covered = covered.filter(|is| is.to >= settled).map(|is| Covered { to: is.to - settled, of: is.of });
        self.spare.clear();
        self.spare.extend_from_slice(&self.held[settled..]);
        std::mem::swap(&mut self.held, &mut self.spare);
    }
}

/// The masking of one run's output: a lane for each stream.
#[derive(Debug)]
pub struct Masking<const LANES: usize> {
    masker: Arc<Masker>,
    lanes: [Lane; LANES],
}

impl<const LANES: usize> Masking<LANES> {
    #[must_use]
    pub fn new(masker: Arc<Masker>) -> Self {
        Self { masker, lanes: std::array::from_fn(|_| Lane::default()) }
    }

    /// Takes a piece of a stream and appends to `out` what may be shown.
    pub fn pass(&mut self, lane: usize, piece: &[u8], out: &mut Vec<u8>) {
        match self.lanes.get_mut(lane) {
            Some(lane) => lane.pass(&self.masker, piece, out),
            None => out.extend_from_slice(&self.masker.bytes(piece)),
        }
    }

    /// Appends what was kept back of a stream.
    pub fn finish(&mut self, lane: usize, out: &mut Vec<u8>) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.finish(&self.masker, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    fn masker(secrets: &[(&str, &[u8])]) -> Arc<Masker> {
        Arc::new(Masker::new(secrets.iter().copied()).expect("few"))
    }

    fn in_pieces(masker: &Arc<Masker>, text: &[u8], cuts: &[usize]) -> Vec<u8> {
        let (mut masking, mut out, mut from) = (Masking::<1>::new(Arc::clone(masker)), Vec::new(), 0);
        for cut in cuts.iter().copied().chain([text.len()]) {
            masking.pass(0, &text[from..cut.max(from)], &mut out);
            from = cut.max(from);
        }
        masking.finish(0, &mut out);
        out
    }

    #[test]
    fn every_spelling_is_found_and_shows_nothing() {
        let secret = "pa s/w0rd'\"<&é$`\\+!";
        let it = masker(&[("db", secret.as_bytes())]);
        let hex = hex::encode(secret);
        let percent = |kept: &str| {
            secret.bytes().fold(String::new(), |out, b| {
                if b.is_ascii_alphanumeric() || kept.contains(char::from(b)) {
                    out + &char::from(b).to_string()
                } else {
                    out + &format!("%{b:02X}")
                }
            })
        };
        let json = serde_json::to_string(secret).expect("JSON");
        for spelled in [
            secret.to_owned(),
            hex.to_uppercase(),
            hex,
            percent("-._~"),
            percent("-._~/").to_lowercase(),
            percent("-._~").replace("%20", "+"),
            json.trim_matches('"').to_owned(),
            json.trim_matches('"').replace('é', "\\u00e9"),
            secret.replace('\'', "'\"'\"'"),
            secret.replace('\'', "'\\''"),
        ] {
            assert_eq!(it.text(&format!("<{spelled}>")), "<[masked: db]>", "{spelled}");
        }
        for before in ["", "x", "xy", "xyz", "user:", "user: "] {
            for after in ["", "!", "!!", "!!!"] {
                for encoded in [STANDARD.encode(format!("{before}{secret}{after}")), URL_SAFE.encode(format!("{before}{secret}{after}"))] {
                    let masked = it.text(&format!(" {encoded} "));
                    let (left, right) = masked.split_once("[masked: db]").unwrap_or_else(|| panic!("{before}{after}: {masked}"));
                    // What is left are characters that are filled by what stands before and after, spaces and padding.
                    assert!(left.len() <= before.len() * 8 / 6 + 1 && right.len() <= after.len() * 8 / 6 + 4, "{masked}");
                }
            }
        }
    }

    #[test]
    fn several_lines_are_masked_one_by_one() {
        let it = masker(&[("key", b"-----BEGIN KEY-----\nabcdefgh\n}\nijklmnop\n-----END KEY-----\n")]);
        assert_eq!(it.text("> abcdefgh\r\n> ijklmnop\n> }\n"), "> [masked: key]\r\n> [masked: key]\n> }\n");
        assert_eq!(
            it.json(serde_json::json!({ "a": ["-abcdefgh-"], "ijklmnop": 1 })).to_string(),
            r#"{"a":["-[masked: key]-"],"[masked: key]":1}"#
        );
        let number = masker(&[("pin", b"83649273")]);
        assert_eq!(number.json(serde_json::json!({ "n": 83_649_273, "m": 83 })).to_string(), r#"{"n":"[masked: pin]","m":83}"#);
    }

    #[test]
    fn what_overlaps_is_masked_whole_and_short_values_are_not_looked_for() {
        let it = masker(&[("one", b"abcdef"), ("two", b"defghi"), ("short", b"xyz")]);
        assert_eq!(it.text("-abcdefghi-xyz-abcde-"), "-[masked: one]-xyz-abcde-");
        assert!(masker(&[("short", b"xyz")]).is_idle());
    }

    #[test]
    fn only_what_may_be_a_secret_waits() {
        let it = masker(&[("db", b"hunter2hunter2")]);
        let mut masking = Masking::<2>::new(it);
        let mut out = Vec::new();
        masking.pass(0, b"step 1 done\n", &mut out);
        assert_eq!(out, b"step 1 done\n");
        masking.pass(0, b"password: hunt", &mut out);
        masking.pass(1, b"other stream\n", &mut out);
        assert_eq!(out, b"step 1 done\npassword: other stream\n");
        masking.pass(0, b"er3\n", &mut out);
        assert_eq!(out, b"step 1 done\npassword: other stream\nhunter3\n");
    }

    #[test]
    fn an_endless_row_of_one_secret_takes_no_memory() {
        for secret in [b"aaaa".as_slice(), b"abcabcabc"] {
            let it = masker(&[("row", secret)]);
            for text in [secret.repeat(10_000), STANDARD.encode(secret.repeat(10_000)).into_bytes()] {
                let (mut lane, mut out) = (Lane::default(), Vec::new());
                for piece in text.chunks(1_000) {
                    lane.pass(&it, piece, &mut out);
                    assert!(lane.held.len() < 200, "{}", lane.held.len());
                }
                lane.finish(&it, &mut out);
                // Padding holds nothing.
                assert_eq!(String::from_utf8_lossy(&out).trim_end_matches('='), "[masked: row]");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]

        /// Where output is cut changes nothing, and no spelling comes through.
        #[test]
        fn cuts_change_nothing(
            secrets in prop::collection::vec("[ab/+ \n'\"]{4,12}", 1..4),
            parts in prop::collection::vec((any::<prop::sample::Index>(), 0..9_usize, "[ab/+ \n'\"=xYWFi]{0,6}"), 0..8),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let names: Vec<String> = (0..secrets.len()).map(|at| format!("s{at}")).collect();
            let it = Arc::new(Masker::new(names.iter().map(String::as_str).zip(secrets.iter().map(String::as_bytes))).expect("few"));
            let mut text = Vec::new();
            for (which, how, rest) in &parts {
                let secret = which.get(&secrets);
                text.extend_from_slice(&match how {
                    0 | 1 => secret.clone().into_bytes(),
                    2 => STANDARD.encode(secret).into_bytes(),
                    3 => STANDARD.encode(format!("x{secret}")).into_bytes(),
                    4 => STANDARD.encode(format!("xy{secret}z")).into_bytes(),
                    5 => hex::encode(secret).into_bytes(),
                    6 => secret.as_bytes()[..secret.len() / 2].to_vec(),
                    7 => serde_json::to_vec(secret).expect("JSON"),
                    _ => URL_SAFE.encode(format!("{secret}tail")).into_bytes(),
                });
                text.extend_from_slice(rest.as_bytes());
            }
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.sort_unstable();
            let whole = it.bytes(&text);
            let pieces = in_pieces(&it, &text, &cuts);
            let every: Vec<usize> = (0..text.len()).collect();
            prop_assert_eq!(String::from_utf8_lossy(&pieces), String::from_utf8_lossy(&whole));
            let bytewise = in_pieces(&it, &text, &every);
            prop_assert_eq!(String::from_utf8_lossy(&bytewise), String::from_utf8_lossy(&whole));
            for secret in &secrets {
                // A mark holds none of the characters that these secrets are made of but letters, so that it cannot spell one.
                prop_assert!(!whole.windows(secret.len()).any(|part| part == secret.as_bytes()));
            }
        }
    }
}
