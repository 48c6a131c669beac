//! The bodies of answers.

use bytes::Bytes;
use futures::stream;
use progenitor_client::{ByteStream, Error, ResponseValue};
use reqwest::Response;
use serde::de::DeserializeOwned;

/// What a [`Transport`](crate::Transport) has read of an answer.
#[derive(Clone)]
struct Read(Bytes);

/// Gives an answer back the body that was read from it, for a generated method to decode.
pub fn with_body(mut response: Response, body: Bytes) -> Response {
    response.extensions_mut().insert(Read(body));
    response
}

/// The JSON of an answer, whether its body has been read or not.
pub(crate) async fn decode<T: DeserializeOwned, E>(mut response: Response) -> Result<ResponseValue<T>, Error<E>> {
    let Some(Read(body)) = response.extensions_mut().remove() else {
        return ResponseValue::from_response(response).await;
    };
    let headers = std::mem::take(response.headers_mut());
    match serde_json::from_slice(&body) {
        Ok(value) => Ok(ResponseValue::new(value, response.status(), headers)),
        Err(error) => Err(Error::InvalidResponsePayload(body, error)),
    }
}

/// The bytes of an answer, whether its body has been read or not.
pub(crate) fn stream(mut response: Response) -> ResponseValue<ByteStream> {
    let Some(Read(body)) = response.extensions_mut().remove() else {
        return ResponseValue::stream(response);
    };
    let headers = std::mem::take(response.headers_mut());
    let bytes = ByteStream::new(Box::pin(stream::iter([Ok(body)])));
    ResponseValue::new(bytes, response.status(), headers)
}
