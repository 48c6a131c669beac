//! Nothing: what matters is that the dependencies resolve and build together.
