use futures::future::BoxFuture;
use hb_bls_gen::Operation;

use super::resource;
use crate::{Client, Result, model::Course};

resource! {
    /// The courses that can be booked. From [`Client::courses`](crate::Client::courses).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = hb_bls_sandbox::Sandbox::start().await?;
    /// # let client = hb_bls::testing::client_builder(&sandbox).build()?;
    /// for course in client.courses().list().await? {
    ///     println!("{}: {:?}", course.id, course.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    Courses
}

impl Courses<'_> {
    /// Lists the active courses. API: `GET /courses`.
    pub fn list(self) -> CourseQuery {
        CourseQuery { client: self.client.clone() }
    }
}

/// A query for courses, which is sent when it is awaited. From [`Courses::list`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before it is awaited"]
pub struct CourseQuery {
    client: Client,
}

impl IntoFuture for CourseQuery {
    type Output = Result<Vec<Course>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.client.list(Operation::ListCourses, |raw| raw.list_courses().request()).await })
    }
}
