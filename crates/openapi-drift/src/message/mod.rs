//! Requests and responses: parameters and headers, bodies, and responses by status.
//!
//! Each of them may contain the others: a response has headers and content, content has headers for its parts, and a
//! parameter may have content. So they call each other by way of this module.

pub mod body;
pub mod parameters;
pub mod responses;

use body::content;
use responses::headers;
