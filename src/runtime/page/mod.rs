//! An incident as people read it: a picture, a page, and text for a terminal.
//!
//! Pure functions of the incident as it is on the wire, so that every consumer of the topic can be shown the same. What an incident does not
//! hold is said to be absent, never left out in silence. Nothing here trusts a name: whoever may tag a host may choose it.

mod escape;
mod field;
mod html;
mod picture;
mod scene;
mod section;
mod text;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use serde_json::Value;

/// Nested boxes, account to network interface, with what is attached beside them: a whole SVG document.
pub fn picture_svg(incident: &Value) -> String {
    picture::draw(incident, 0, true)
}

/// One self-contained page: no script, no external resource, light and dark. Incidents appear in the order given.
pub fn page_html(incidents: &[Value]) -> String {
    html::page(incidents)
}

/// The incident in at most [`TEXT_LINES`] lines, free of control characters.
pub fn incident_text(incident: &Value) -> String {
    text::incident(incident)
}

/// What [`incident_text`] never exceeds.
pub const TEXT_LINES: usize = 60;
