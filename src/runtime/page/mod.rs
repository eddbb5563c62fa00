//! An incident as people read it: a picture, a page, and text for a terminal.
//!
//! Pure functions of the incident. A section that is empty says so, and is never left out in silence. Nothing here trusts a name:
//! whoever may tag a host may choose it.

mod decisive;
mod escape;
mod html;
mod picture;
mod scene;
mod section;
mod text;
mod words;

#[cfg(test)]
mod tests;

use crate::domain::incident::Incident;

/// Nested boxes, account to network interface, with what is attached beside them: a whole SVG document.
pub fn picture_svg(incident: &Incident) -> String {
    escape::visible_markup(&picture::draw(incident, 0, true).into_string())
}

/// One self-contained page: no script, no external resource, light and dark. Incidents appear in the order given.
pub fn page_html(incidents: &[Incident]) -> String {
    escape::visible_markup(&html::page(incidents).into_string())
}

/// The incident in at most [`TEXT_LINES`] lines, free of control characters.
pub fn incident_text(incident: &Incident) -> String {
    text::incident(incident)
}

/// What [`incident_text`] never exceeds.
pub const TEXT_LINES: usize = 60;
