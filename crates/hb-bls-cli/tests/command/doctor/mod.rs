//! `hb-bls doctor`: against a local portal, one of a later version, and one that is unlike the document.

mod clean;
mod failing;
mod later_version;
mod refuted;
mod support;
