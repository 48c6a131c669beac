//! A hold whose response is still to come.

use super::SlotRequest;
use crate::{Client, pipeline::Call};

/// A request for a hold that is in flight. The caller may stop waiting for it.
pub(super) struct PendingHold<'a> {
    client: &'a Client,
    call: &'a Call,
    id: u64,
    over: bool,
}

impl<'a> PendingHold<'a> {
    pub(super) fn new(client: &'a Client, call: &'a Call, wanted: SlotRequest) -> Self {
        let now = client.pipeline.clock().now();
        Self { client, call, id: client.memory.lost_holds.requested(wanted, now), over: false }
    }

    /// Records that the call has ended.
    pub(super) fn over(mut self) {
        self.over = true;
    }
}

impl Drop for PendingHold<'_> {
    fn drop(&mut self) {
        let lost = self.call.earlier_may_have_executed() || (!self.over && self.call.may_have_executed());
        let pipeline = &self.client.pipeline;
        self.client.memory.lost_holds.decided(self.id, lost, pipeline.clock().now());
    }
}
