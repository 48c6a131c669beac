//! What a person reviews of a changed document. `updating` runs this on copies of the repository, too.

mod normalising;
mod raw_public_items;
mod surface;
