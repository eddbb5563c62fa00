//! What takes long, on all processors: a test harness gives each test one.

use std::sync::Mutex;
use std::thread::{available_parallelism, scope};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

fn processors() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// Does the work for each item, wherever a processor is free. A panic ends all of it, as that of one thread would.
pub fn each<T: Send>(items: impl Iterator<Item = T> + Send, work: impl Fn(T) + Sync) {
    let items = Mutex::new(items);
    let next = || items.lock().ok().and_then(|mut items| items.next());
    scope(|scope| {
        for _ in 0..processors() {
            scope.spawn(|| {
                while let Some(item) = next() {
                    work(item);
                }
            });
        }
    });
}

/// A property over so many cases in all, shared out.
pub fn holds<S: Strategy>(
    cases: u32,
    strategy: impl Fn() -> S + Sync,
    property: impl Fn(S::Value) -> Result<(), TestCaseError> + Sync,
) {
    let share = cases.div_ceil(processors() as u32);
    each(0..processors(), |_| {
        let config = Config { cases: share, failure_persistence: None, max_shrink_time: 60_000, ..Config::default() };
        if let Err(found) = TestRunner::new(config).run(&strategy(), &property) {
            panic!("{found}");
        }
    });
}
