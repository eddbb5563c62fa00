//! One task over a store: the process stage, its open commit, and the count of what goes to the changelog.

use std::sync::Arc;

use serde_json::Value;
use trailgraph::domain::exposure::Checks;
use trailgraph::domain::incident::Knowledge;
use trailgraph::domain::time::Time;
use trailgraph::engine::overlay::{Overlay, View};
use trailgraph::engine::record::{Record, TaskId};
use trailgraph::engine::stage::Stage;
use trailgraph::engine::store::{Applied, Store};
use trailgraph::stages::graph_view::GraphView;
use trailgraph::stages::process::Process;

/// Records in one commit.
const COMMIT: usize = 1_000;
const GRACE_MS: i64 = 5_000;
/// After every event there is, so that nothing is clamped.
const NOW: Time = Time(4_000_000_000_000);

pub struct Task<S> {
    stage: Process,
    store: S,
    overlay: Overlay,
    pub records: usize,
    /// Changelog records, and their bytes.
    pub changes: usize,
    pub change_bytes: usize,
}

impl<S: Store> Task<S> {
    pub fn new(store: S) -> Task<S> {
        let checks = Arc::new(Checks::shipped().unwrap());
        let stage = Process { checks, ..Process::new(Arc::new(Knowledge::shipped().unwrap()), GRACE_MS) };
        Task { stage, store, overlay: Overlay::default(), records: 0, changes: 0, change_bytes: 0 }
    }

    pub fn record(&self, json: &Value) -> Record {
        let task = TaskId { topic: "in".into(), partition: 0 };
        Record {
            task,
            offset: self.records as i64,
            key: None,
            value: json.to_string().into_bytes(),
            headers: Vec::new(),
        }
    }

    /// One record, and the commit that is due with it.
    pub fn take(&mut self, record: &Record) {
        self.overlay.begin();
        let mut view = View::new(&self.store, &mut self.overlay);
        self.stage.take(record, NOW, &mut view).unwrap();
        view.finish().unwrap();
        self.overlay.keep();
        self.records += 1;
        if self.records.is_multiple_of(COMMIT) {
            self.commit();
        }
    }

    pub fn commit(&mut self) {
        let mut view = View::new(&self.store, &mut self.overlay);
        self.stage.tick(NOW, &mut view);
        view.finish().unwrap();
        for (key, value) in self.overlay.changes() {
            self.changes += 1;
            self.change_bytes += key.len() + value.map_or(0, <[u8]>::len);
        }
        self.overlay.take_outputs();
        let applied = Applied { position: self.records as i64, changelog_end: self.changes as i64, token: None };
        self.store.apply(&self.overlay.take_writes(), applied).unwrap();
    }

    /// Reads committed state.
    pub fn view<T>(&self, read: impl FnOnce(&GraphView<'_>) -> T) -> T {
        let mut none = Overlay::default();
        let view = View::new(&self.store, &mut none);
        let out = read(&GraphView(&view));
        view.finish().unwrap();
        out
    }
}
