//! The end: asked for, forced, and what is left behind.

use std::path::Path;

use rustix::process::{Pid, test_kill_process};

use crate::tool::Tool;

fn process_of(tool: &Tool) -> Pid {
    let body = tool.get("/").text();
    Pid::from_raw(body.split(' ').nth(1).unwrap().parse().unwrap()).unwrap()
}

/// There is nothing to wait on: the process is nobody's child here.
fn ends(process: Pid) -> bool {
    (0..2_000).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(5));
        test_kill_process(process).is_err()
    })
}

#[test]
fn signals_end_it_cleanly_with_its_processes() {
    // A terminal that is closed sends SIGHUP.
    for signal in ["TERM", "INT", "HUP"] {
        let mut tool = Tool::raw(&[]);
        let process = process_of(&tool);
        tool.signal(signal);
        assert_eq!(tool.wait().code(), Some(0));
        assert!(test_kill_process(process).is_err());
    }
}

#[test]
fn instances_that_share_a_port_or_a_file_are_reported() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("RAW_PORT={}", free.local_addr().unwrap().port());
    let mut tool = Tool::raw(&["--env", &port]);
    assert_eq!(tool.get("/").status, 502);
    tool.wait_for_line("another program on this machine has that port");
    drop(free);

    let _busy = tool.write("GET", "/dev/!hang!", &[], "");
    tool.wait_for_line("raw: hangs");
    assert_eq!(tool.get("/").status, 502);
    assert!(tool.wait_for_line("another instance of the app has that port").contains("`--concurrency 1`"));

    let mut tool = Tool::raw(&[]);
    let _busy = tool.write("GET", "/dev/!hang!", &[], "");
    tool.wait_for_line("raw: hangs");
    assert_eq!(tool.get("/!locked!").status, 500);
    assert!(tool.wait_for_line("another instance of the app has that file open").contains("`--concurrency 1`"));
}

#[test]
fn a_second_signal_does_not_wait_for_requests() {
    let mut tool = Tool::raw(&[]);
    let process = process_of(&tool);
    let _open = tool.write("GET", "/dev/!hang!", &[], "");
    tool.signal("INT");
    tool.wait_for_line("Stopping");
    tool.signal("INT");
    assert_eq!(tool.wait().code(), Some(0));
    assert!(ends(process));
}

#[test]
fn no_process_outlives_a_tool_that_was_killed() {
    let mut tool = Tool::raw(&[]);
    let process = process_of(&tool);
    tool.kill();
    tool.wait();
    assert!(ends(process));
}

#[test]
fn the_folder_of_a_process_goes_with_it() {
    let mut tool = Tool::raw(&[]);
    let body = tool.get("/!env!").text();
    let folder = body.split('|').find_map(|pair| pair.strip_prefix("TMPDIR=")).unwrap().to_owned();
    assert!(Path::new(&folder).is_dir());
    tool.signal("TERM");
    tool.wait();
    assert!(!Path::new(&folder).exists());
}
