//! What goes wrong, from a seed.

/// A small generator of its own (splitmix64): a seed must mean the same run for ever.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 for none.
    pub fn below(&mut self, n: u64) -> u64 {
        self.draw().checked_rem(n).unwrap_or(0)
    }

    /// True `n` times in a thousand.
    pub fn permille(&mut self, n: u64) -> bool {
        self.below(1000) < n
    }
}

/// What becomes of one commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitFault {
    None,
    /// The broker refuses, and says so.
    Abort,
    /// It is committed, but the answer is lost.
    InDoubtCommitted,
    /// The request is lost.
    InDoubtAborted,
    /// The request arrives after this many other requests.
    Delayed(u64),
    CrashBefore,
    CrashAfter,
}

/// How often things go wrong, in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// The client dies, per request.
    pub crash: u64,
    /// Each of the faults of [`CommitFault`], per commit.
    pub commit: u64,
    /// A transaction's marker reaches one of its partitions late, per partition.
    pub marker: u64,
}

/// The longest a late marker or request lags behind, in requests.
const LAG: u64 = 60;

#[derive(Clone, Debug)]
pub struct Faults {
    pub random: Random,
    pub rates: Rates,
}

impl Faults {
    pub fn none() -> Self {
        Faults::new(0, Rates::default())
    }

    pub fn new(seed: u64, rates: Rates) -> Self {
        Faults { random: Random::new(seed), rates }
    }

    pub fn crash(&mut self) -> bool {
        self.random.permille(self.rates.crash)
    }

    pub fn commit(&mut self) -> CommitFault {
        let rate = self.rates.commit;
        let roll = self.random.below(1000);
        let lag = 1 + self.random.below(LAG);
        match roll.checked_div(rate) {
            Some(0) => CommitFault::Abort,
            Some(1) => CommitFault::InDoubtCommitted,
            Some(2) => CommitFault::InDoubtAborted,
            Some(3) => CommitFault::Delayed(lag),
            Some(4) => CommitFault::CrashBefore,
            Some(5) => CommitFault::CrashAfter,
            _ => CommitFault::None,
        }
    }

    pub fn marker_lag(&mut self) -> u64 {
        if self.random.permille(self.rates.marker) { 1 + self.random.below(LAG) } else { 0 }
    }
}
