use hb_bls_gen::Operation;

use super::resource;
use crate::{Result, model::Course};

resource! {
    /// What can be booked. From [`Client::courses`](crate::Client::courses).
    Courses
}

impl Courses<'_> {
    /// The active courses. API: `GET /courses`.
    pub async fn list(self) -> Result<Vec<Course>> {
        let call = self.client.call(Operation::ListCourses);
        call.read(|| call.raw.list_courses().send()).await
    }
}
