//! `replay`: files in, files out, and a manifest that makes both one step.

mod changelog;
mod input;
mod log;
mod manifest;
mod outputs;

pub use changelog::Entry;
pub use input::{Inputs, Piece, Problem, Reader};
pub use log::{FilesLog, FilesSettings};
pub use manifest::{FilePosition, Manifest, NAME as MANIFEST};

/// Takes a key and its value; none: deleted.
pub type Taker<'a> = dyn FnMut(&[u8], Option<&[u8]>) + 'a;

/// Hands over every committed changelog entry of a state directory, oldest first.
pub fn read_changelog(state: &std::path::Path, each: &mut Taker<'_>) -> std::io::Result<()> {
    let manifest = Manifest::read(state)?;
    let mut entries = changelog::Entries::open(&state.join(changelog::NAME), 0, manifest.changelog_bytes)?;
    while let Some((key, value)) = entries.next()? {
        each(&key, value.as_deref());
    }
    Ok(())
}
