//! What follows a pull.
