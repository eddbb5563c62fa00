//! RocksDB's options: few, and each for a reason.

use rocksdb::{BlockBasedOptions, Cache, DBCompressionType, Options, WriteBufferManager, WriteOptions};

/// What a user may turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RocksSettings {
    /// Of all tasks together: blocks, and memtables charged to the same sum.
    pub cache_bytes: usize,
    pub write_buffer_bytes: usize,
    pub background_jobs: i32,
}

impl Default for RocksSettings {
    fn default() -> RocksSettings {
        RocksSettings { cache_bytes: 512 << 20, write_buffer_bytes: 32 << 20, background_jobs: 2 }
    }
}

/// Memory that all tasks of a process share.
#[derive(Clone)]
pub struct Shared {
    settings: RocksSettings,
    cache: Cache,
    buffers: WriteBufferManager,
}

/// Most of the cache that memtables may take.
const BUFFER_SHARE: usize = 2;
const BLOCK_BYTES: usize = 16 << 10;
const BITS_PER_KEY: f64 = 10.0;
const FORMAT_VERSION: i32 = 6;
const INFO_LOGS: usize = 2;

impl Shared {
    pub fn new(settings: RocksSettings) -> Shared {
        let cache = Cache::new_hyper_clock_cache(settings.cache_bytes, 0);
        let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(
            settings.cache_bytes / BUFFER_SHARE,
            false,
            cache.clone(),
        );
        Shared { settings, cache, buffers }
    }

    /// Of a database.
    pub fn database(&self) -> Options {
        let mut options = self.family();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_max_background_jobs(self.settings.background_jobs);
        options.set_write_buffer_manager(&self.buffers);
        options.set_keep_log_file_num(INFO_LOGS);
        options
    }

    /// Of a column family.
    pub fn family(&self) -> Options {
        let mut blocks = BlockBasedOptions::default();
        blocks.set_block_cache(&self.cache);
        blocks.set_block_size(BLOCK_BYTES);
        blocks.set_ribbon_filter(BITS_PER_KEY);
        blocks.set_format_version(FORMAT_VERSION);
        blocks.set_cache_index_and_filter_blocks(true);
        blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
        let mut options = Options::default();
        options.set_block_based_table_factory(&blocks);
        options.set_write_buffer_size(self.settings.write_buffer_bytes);
        options.set_level_compaction_dynamic_level_bytes(true);
        options.set_compression_type(DBCompressionType::Lz4);
        options.set_bottommost_compression_type(DBCompressionType::Zstd);
        options
    }
}

/// No log of its own: the changelog is one. A crash takes what is in the memtables, and the changelog gives it again; as all is in one
/// column family, what is left is always whole batches from the first one on. A clean close writes the memtables out.
pub fn unlogged() -> WriteOptions {
    let mut options = WriteOptions::default();
    options.disable_wal(true);
    options
}
