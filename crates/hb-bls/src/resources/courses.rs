use hb_bls_gen::{List, Operation};

use super::resource;
use crate::{Result, model::Course};

resource! {
    /// What can be booked. From [`Client::courses`](crate::Client::courses).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let key = sandbox.credentials();
    /// # let credentials = hb_bls::Credentials::new(&key.hb_client_id, key.api_key.as_str());
    /// # let client = hb_bls::Client::builder().credentials(credentials).base_url(sandbox.base_url()).build()?;
    /// for course in client.courses().list().await? {
    ///     println!("{}: {:?}", course.id, course.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    Courses
}

impl Courses<'_> {
    /// The active courses. API: `GET /courses`.
    pub async fn list(self) -> Result<Vec<Course>> {
        let list: List<_> = self.client.json(Operation::ListCourses, |raw| raw.list_courses().request()).await?;
        Ok(list.data)
    }
}
