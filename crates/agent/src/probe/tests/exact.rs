//! When verdicts come: every kind of check, with intervals, timeouts and thresholds of all sorts.

use std::any::Any;

use super::*;

/// A server that does this with whoever asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Accepts, or hears; no more.
    Silent,
    /// Answers an HTTP request.
    Polite,
    /// Nobody listens.
    Absent,
}

/// A server of a manner, for a kind of check; it is there, or keeps its port from others, as long as what is given beside.
async fn serve(kind: &HealthCheckKind, manner: Manner) -> (SocketAddr, Box<dyn Any>) {
    let here = (Loopback.address(SERVER, OWN), 0).into();
    match (kind, manner) {
        (HealthCheckKind::Udp | HealthCheckKind::Exchange(_), _) => {
            let socket = UdpSocket::bind::<SocketAddr>(here).await.unwrap();
            if manner == Manner::Absent {
                // It hears nobody else.
                socket.connect("127.0.0.1:1").await.unwrap();
            }
            (socket.local_addr().unwrap(), Box::new(socket))
        }
        (HealthCheckKind::Tcp | HealthCheckKind::Http(_), Manner::Absent) => {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(here).unwrap();
            (socket.local_addr().unwrap(), Box::new(socket))
        }
        (HealthCheckKind::Tcp | HealthCheckKind::Http(_), Manner::Silent | Manner::Polite) => {
            let (listener, at) = listen().await;
            (at, Box::new(tokio::spawn(accept(listener, manner == Manner::Polite))))
        }
    }
}

async fn accept(listener: TcpListener, answers: bool) {
    let mut streams = vec![];
    while let Ok((mut stream, _)) = listener.accept().await {
        if answers {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.0 204 No Content\r\n\r\n").await;
        }
        streams.push(stream);
    }
}

/// How long a server took from the first plan with it to its first verdict, milliseconds.
async fn takes(kind: HealthCheckKind, manner: Manner, check: HealthCheck, verdict: HealthState) -> u128 {
    let memory =
        Memory::new(&format!("exact-{:?}-{manner:?}-{}", kind, check.interval).replace(['/', ' ', '"'], ""));
    let (at, _server) = serve(&kind, manner).await;
    let mut plan = plan(at, 100);
    let group = plan.server_groups.get_mut(&ServerGroupIndex(1)).unwrap();
    group.health_check = Some(HealthCheck { kind, ..check });
    let mut prober = memory.prober();
    let mut health = prober.health();
    let begin = Instant::now();
    prober.update(&plan);
    let decided = |reports: &Reports| reports.get(&FIRST).is_some_and(|it| it.state != HealthState::Initial);
    let report = tokio::time::timeout(Duration::from_secs(9), health.wait_for(decided)).await;
    assert_eq!(report.expect("the verdict never came").unwrap()[&FIRST].state, verdict);
    begin.elapsed().as_millis()
}

/// All side by side: interval, timeout and both thresholds in seconds and numbers, and when the verdict is due.
#[tokio::test]
async fn every_interval_timeout_and_threshold_is_kept_to_100_ms_by_every_kind_of_check() {
    use HealthCheckKind::{Exchange as Asked, Http, Tcp, Udp};
    use HealthState::{Healthy, Unhealthy};
    use Manner::{Absent, Polite, Silent};
    let texts = || Exchange { request: "ping".into(), response: "pong".into() };
    let cases = [
        (Tcp, Silent, [1, 5, 4, 2], Healthy, 3000),
        (Tcp, Silent, [2, 1, 3, 9], Healthy, 4000),
        (Tcp, Absent, [3, 5, 2, 2], Unhealthy, 3000),
        (Tcp, Absent, [1, 1, 2, 6], Unhealthy, 5000),
        (Http(http_check()), Polite, [2, 1, 2, 9], Healthy, 2000),
        (Http(http_check()), Silent, [2, 1, 9, 3], Unhealthy, 5000),
        // A probe that takes longer than the interval is followed by the next at once.
        (Http(http_check()), Silent, [1, 2, 9, 2], Unhealthy, 4000),
        // Nobody says that he is well but by his silence.
        (Udp, Silent, [2, 1, 3, 9], Healthy, 5000),
        (Udp, Absent, [1, 1, 9, 5], Unhealthy, 4000),
        (Asked(texts()), Silent, [1, 1, 9, 3], Unhealthy, 3000),
    ];
    let measured =
        cases.map(|(kind, manner, [interval, timeout, healthy, unhealthy], verdict, due)| async move {
            let numbers = HealthCheck {
                kind: Tcp,
                port: 0,
                interval,
                timeout,
                healthy_threshold: healthy as u8,
                unhealthy_threshold: unhealthy as u8,
            };
            let what = format!("{kind:?} {manner:?} {numbers:?}");
            // Late once, perhaps, but never early.
            let measure = || takes(kind.clone(), manner, numbers.clone(), verdict);
            let mut took = measure().await;
            for _ in 1..LOOKS {
                if took >= due + 100 {
                    took = measure().await;
                }
            }
            assert!((due..due + 100).contains(&took), "{what}: {took} ms instead of {due}");
        });
    futures_util::future::join_all(measured).await;
}
