use axum::Router;
use zappa_rs::{App, AuthorizerRequest, BoxError, Invocation};

async fn session(request: AuthorizerRequest, _: Invocation) -> Result<bool, BoxError> {
    Ok(request.bearer_token().is_some())
}

fn main() {
    let _ = App::new(Router::new()).authorizer("session", session);
}
