//! The frames of one connection, from the handshake to the close: limits, timeouts, pings, and what is sent to the client.
//!
//! Facts: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>
//! and, on binary frames,
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html>.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::ProtocolError,
        protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
    },
};

use super::registry::{Command, Opened};

/// The most bytes of a message.
pub(super) const MAX_MESSAGE: usize = 128 << 10;
/// The most bytes of a frame.
const MAX_FRAME: usize = 32 << 10;
/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// How long a connection may last.
const DURATION: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a client may take to close its side.
const LINGER: Duration = Duration::from_secs(1);

/// How a connection ended, as its `$disconnect` event says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Closing {
    pub(super) code: u16,
    pub(super) reason: String,
}

impl Closing {
    fn new(code: u16, reason: &str) -> Self {
        Self { code, reason: reason.to_owned() }
    }

    /// The client went away without a close frame.
    pub(super) fn abnormal() -> Self {
        Self::new(1006, "Connection Closed Abnormally")
    }

    fn going_away() -> Self {
        Self::new(1001, "Going away")
    }

    /// By the client, with its frame.
    fn of_client(frame: Option<CloseFrame>) -> Self {
        match frame {
            Some(frame) => Self::new(frame.code.into(), frame.reason.as_str()),
            None => Self::new(1005, "Client-side close frame status not set"),
        }
    }
}

/// Puts the protocol over a stream whose handshake is done.
pub(super) async fn socket<S: AsyncRead + AsyncWrite + Unpin>(stream: S) -> WebSocketStream<S> {
    let limits = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_FRAME));
    WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits)).await
}

/// Serves a connection until it ends.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    opened: &mut Opened,
    mut on_message: impl FnMut(String),
) -> Closing {
    let end = Instant::now() + DURATION;
    let mut idle = Instant::now() + IDLE;
    loop {
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    opened.entry.touch();
                    on_message(text.as_str().to_owned());
                }
                Some(Ok(Message::Binary(_))) => return close(socket, Closing::new(1003, "")).await,
                Some(Ok(Message::Close(frame))) => {
                    let _ = timeout(LINGER, async { while let Some(Ok(_)) = socket.next().await {} }).await;
                    return Closing::of_client(frame);
                }
                // A ping was answered by the library.
                Some(Ok(_)) => {}
                Some(Err(error)) => return match code_of(&error) {
                    Some(code) => close(socket, Closing::new(code, "")).await,
                    None => Closing::abnormal(),
                },
                None => return Closing::abnormal(),
            },
            Some(command) = opened.commands.recv() => match command {
                Command::Send(text, written) => {
                    if socket.send(Message::text(text)).await.is_err() {
                        return Closing::abnormal();
                    }
                    opened.entry.touch();
                    // The sender may have stopped waiting.
                    let _ = written.send(());
                }
                Command::Close => return close(socket, Closing::new(1000, "")).await,
            },
            () = sleep_until(idle.min(end)) => return close(socket, Closing::going_away()).await,
            () = stopped(&mut opened.stopping) => return close(socket, Closing::going_away()).await,
        }
        idle = Instant::now() + IDLE;
    }
}

/// The code that tells the client why its frame is refused ([RFC 6455 §7.4.1]); `None` where the client has gone.
///
/// [RFC 6455 §7.4.1]: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
fn code_of(error: &Error) -> Option<u16> {
    match error {
        Error::Capacity(_) => Some(1009),
        Error::Utf8(_) => Some(1007),
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        Error::Protocol(_) => Some(1002),
        _ => None,
    }
}

/// Waits until the tool stops. Never returns if the sender of the signal is dropped.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|is_stopping| *is_stopping).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Closes the connection from this side, and reads what the client still sends, so that it can read the close frame.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>, closing: Closing) -> Closing {
    let frame = CloseFrame { code: CloseCode::from(closing.code), reason: closing.reason.clone().into() };
    let _ = timeout(LINGER, async {
        socket.send(Message::Close(Some(frame))).await.ok()?;
        while let Some(Ok(_)) = socket.next().await {}
        tokio::io::copy(socket.get_mut(), &mut tokio::io::sink()).await.ok()
    })
    .await;
    closing
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, time::SystemTime};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

    use super::*;
    use crate::{gateway::websocket::Connection, local::websocket::registry::Registry};

    fn connection() -> Connection {
        Connection {
            id: "id=".into(),
            connected_at: SystemTime::now(),
            source_ip: Ipv4Addr::LOCALHOST.into(),
            user_agent: None,
        }
    }

    /// Serves one side of a pipe; the other is the client's.
    async fn pair() -> (WebSocketStream<DuplexStream>, tokio::task::JoinHandle<(Closing, Vec<String>)>) {
        let (near, far) = tokio::io::duplex(1 << 20);
        let mut opened = Registry::new().add(connection());
        let serving = tokio::spawn(async move {
            let mut messages = Vec::new();
            let closing = serve(socket(near).await, &mut opened, |text| messages.push(text)).await;
            (closing, messages)
        });
        (WebSocketStream::from_raw_socket(far, Role::Client, None).await, serving)
    }

    async fn close_frame(client: &mut WebSocketStream<DuplexStream>) -> (u16, String) {
        loop {
            match client.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_ends_after_ten_minutes_and_a_ping_keeps_it() {
        let (mut client, serving) = pair().await;
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(9 * 60)).await;
        client.send(Message::Ping("x".into())).await.unwrap();
        assert!(matches!(client.next().await, Some(Ok(Message::Pong(_)))));
        assert_eq!(close_frame(&mut client).await, (1001, "Going away".to_owned()));
        assert_eq!(start.elapsed().as_secs() / 60, 19);
        drop(client);
        assert_eq!(serving.await.unwrap().0, Closing::going_away());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_lasts_two_hours_at_most() {
        let (mut client, serving) = pair().await;
        let start = Instant::now();
        let pinging = async {
            loop {
                tokio::time::sleep(Duration::from_secs(5 * 60)).await;
                if client.send(Message::Ping("x".into())).await.is_err() {
                    break;
                }
                let received = client.next().await;
                if !matches!(received, Some(Ok(Message::Pong(_)))) {
                    break;
                }
            }
        };
        pinging.await;
        assert_eq!(serving.await.unwrap().0, Closing::going_away());
        assert_eq!(start.elapsed().as_secs() / 3600, 2);
    }

    #[tokio::test]
    async fn limits_and_binary_frames_have_their_codes() {
        for (message, code) in [(Message::text("a".repeat(MAX_FRAME + 1)), 1009), (Message::binary(vec![0; 4]), 1003)] {
            let (mut client, serving) = pair().await;
            client.send(message).await.unwrap();
            assert_eq!(close_frame(&mut client).await.0, code);
            drop(client);
            assert_eq!(serving.await.unwrap().0.code, code);
        }
    }

    /// What a client that breaks the protocol gets: the frames after its own bytes.
    async fn answer_to(bytes: &[u8]) -> (Vec<u8>, u16) {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let mut opened = Registry::new().add(connection());
        let serving = tokio::spawn(async move { serve(socket(near).await, &mut opened, |_| {}).await });
        far.write_all(bytes).await.unwrap();
        far.shutdown().await.unwrap();
        let mut answer = Vec::new();
        far.read_to_end(&mut answer).await.unwrap();
        (answer, serving.await.unwrap().code)
    }

    #[tokio::test]
    async fn frames_that_break_the_protocol_are_answered_with_their_codes() {
        // Masked with zeros.
        for (name, bytes, code) in [
            ("unmasked", &b"\x81\x02hi"[..], 1002_u16),
            ("reserved bit", b"\xc1\x82\0\0\0\0hi", 1002),
            ("reserved data opcode", b"\x83\x82\0\0\0\0hi", 1002),
            ("reserved control opcode", b"\x8b\x82\0\0\0\0hi", 1002),
            ("continuation of nothing", b"\x80\x82\0\0\0\0hi", 1002),
            ("fragmented ping", b"\x09\x80\0\0\0\0", 1002),
            ("not UTF-8", b"\x81\x82\0\0\0\0\xc3\x28", 1007),
            ("UTF-8 that breaks off", b"\x81\x81\0\0\0\0\xc3", 1007),
            ("not UTF-8 in its second fragment", b"\x01\x81\0\0\0\0a\x80\x81\0\0\0\0\xff", 1007),
        ] {
            let [high, low] = code.to_be_bytes();
            assert_eq!(answer_to(bytes).await, (vec![0x88, 2, high, low], code), "{name}");
        }
        assert_eq!(answer_to(b"").await, (Vec::new(), 1006), "a client that leaves");
    }

    #[tokio::test]
    async fn the_client_closes_with_its_code_or_without_one_or_not_at_all() {
        let frame = CloseFrame { code: CloseCode::Away, reason: "bye".into() };
        for (sent, expected) in [
            (Some(Message::Close(Some(frame))), Closing::new(1001, "bye")),
            (Some(Message::Close(None)), Closing::new(1005, "Client-side close frame status not set")),
            (None, Closing::abnormal()),
        ] {
            let (mut client, serving) = pair().await;
            client.send(Message::text("hello")).await.unwrap();
            if let Some(message) = sent {
                client.send(message).await.unwrap();
                while let Some(Ok(_)) = client.next().await {}
            }
            drop(client);
            assert_eq!(serving.await.unwrap(), (expected, vec!["hello".to_owned()]));
        }
    }
}
