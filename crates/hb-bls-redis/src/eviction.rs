//! Checks whether Redis may remove keys to free memory.

use hb_bls::state::StateError;
use redis::{ErrorKind, ServerErrorKind, Value, aio::ConnectionLike};

/// Fails if a server that has a limit of memory has a policy that is not safe.
pub(crate) async fn check(
    connection: &mut impl ConnectionLike,
    is_safe: impl Fn(&str) -> bool,
) -> Result<(), StateError> {
    // not CONFIG GET, which hosted servers forbid
    let answer: Value = match redis::cmd("INFO").arg("memory").query_async(connection).await {
        Err(error) if is_refusal(error.kind()) => return Ok(()),
        answer => answer.map_err(StateError::new)?,
    };
    let mut texts = Vec::new();
    collect(&answer, &mut texts);
    match texts.iter().filter_map(|text| evicting(text)).find(|policy| !is_safe(policy)) {
        None => Ok(()),
        Some(policy) => Err(StateError::new(format!(
            "Redis may evict what is kept in it: its maxmemory-policy is {policy}; set it to noeviction, or use a Redis without \
             a limit of memory"
        ))),
    }
}

/// The server does not let us ask.
fn is_refusal(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Server(ServerErrorKind::NoPerm | ServerErrorKind::ResponseError))
}

/// The policy by which a server frees memory, if it has a limit of memory.
fn evicting(info: &str) -> Option<&str> {
    let field = |name| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    (field("maxmemory") != Some("0")).then(|| field("maxmemory_policy"))?
}

/// The texts of an answer: one, or one for each server of a cluster.
fn collect(answer: &Value, texts: &mut Vec<String>) {
    match answer {
        Value::BulkString(text) => texts.push(String::from_utf8_lossy(text).into_owned()),
        Value::VerbatimString { text, .. } => texts.push(text.clone()),
        Value::Array(answers) => answers.iter().for_each(|answer| collect(answer, texts)),
        Value::Map(answers) => answers.iter().for_each(|(_, answer)| collect(answer, texts)),
        _ => {}
    }
}
