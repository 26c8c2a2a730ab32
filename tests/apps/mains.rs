//! Programs with a `main` that does more than `run` one application; the variable `MAIN` selects one.
#![expect(clippy::print_stdout, reason = "what a program says is what tests wait for")]

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo, routing::get};
use listenfd::ListenFd;
use tokio::net::TcpListener;
use zappa_rs::{App, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    match std::env::var("MAIN").as_deref() {
        Ok("one") => zappa_rs::run(app("one")).await,
        Ok("two-runs") => {
            let (one, two) = tokio::join!(zappa_rs::run(app("one")), zappa_rs::run(app("two")));
            one.and(two)
        }
        Ok("spawned-run") => {
            // Its error stays in a handle that is not awaited.
            let second = async { drop(tokio::spawn(zappa_rs::run(app("two")))) };
            let (ended, ()) = tokio::join!(zappa_rs::run(app("one")), second);
            ended
        }
        Ok("run-again") => {
            App::new(app("one")).on_shutdown(|| async { println!("over") }).run().await?;
            App::new(app("two")).on_shutdown(|| async { println!("over again") }).run().await
        }
        Ok("bound") => App::new(app("bound")).bind(("127.0.0.1", 0)).run().await,
        #[cfg(unix)]
        Ok("unix") => {
            let path = || std::env::var("SOCKET").map_err(io::Error::other);
            App::new(app("unix")).listener(move || tokio::net::UnixListener::bind(path()?)).run().await
        }
        #[cfg(unix)]
        Ok("unix-activated") => {
            let inherited = || {
                let listener = ListenFd::from_env().take_unix_listener(0)?;
                listener.ok_or_else(|| io::Error::other("no socket was inherited"))
            };
            App::new(app("activated")).listener(inherited).run().await
        }
        Ok("activated") => {
            let inherited = || {
                let listener = ListenFd::from_env().take_tcp_listener(0)?;
                listener.ok_or_else(|| io::Error::other("no socket was inherited"))
            };
            App::new(app("activated")).listener(inherited).run().await
        }
        Ok("beside") => {
            let (ended, ()) = tokio::join!(zappa_rs::run(app("app")), beside());
            ended
        }
        Ok("select") => {
            tokio::select! {
                biased;
                ended = zappa_rs::run(app("app")) => ended?,
                () = std::future::ready(()) => {}
            }
            beside().await;
            Ok(())
        }
        other => panic!("`MAIN` is {other:?}"),
    }
}

fn app(name: &'static str) -> Router {
    let slow = move || async move {
        println!("called");
        tokio::time::sleep(Duration::from_secs(600)).await;
        name
    };
    let router = Router::new().route("/", get(move || async move { name }));
    let client = |ConnectInfo(client): ConnectInfo<SocketAddr>| async move { client.to_string() };
    router.route("/client", get(client)).route("/slow", get(slow)).route("/stuck", get(stuck))
}

/// Blocks its thread for ever.
async fn stuck() -> &'static str {
    println!("stuck");
    loop {
        std::thread::park();
    }
}

/// A second server, as for metrics, which does not stop by itself.
async fn beside() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    println!("beside");
    axum::serve(listener, app("beside")).await.expect("it serves");
}
