//! The filter that masks secrets, between a run's pipes and its log.

use super::frame::Stream;
use super::writer::Filter;
use crate::domain::masking::Masking;

/// Stdout and stderr; the appliance's own remarks pass no filter.
pub const STREAMS: usize = 2;

impl Filter for Masking<STREAMS> {
    fn pass(&mut self, stream: Stream, block: &[u8], out: &mut Vec<u8>) {
        Self::pass(self, stream.place(), block, out);
    }

    fn finish(&mut self, stream: Stream, out: &mut Vec<u8>) {
        Self::finish(self, stream.place(), out);
    }
}
