//! `hb-bls doctor`: against a local portal, one that has drifted, and one that is unlike the document.

mod clean;
mod drift;
mod failing;
mod refuted;
mod support;
