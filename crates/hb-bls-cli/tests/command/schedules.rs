//! What `docs/schedules.md` says to run is run, and what it says to install can be understood.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use hb_bls_sandbox::ClockMode;
use serde_json::{Value, json};

use crate::machine::{Machine, Portal};

const PAGE: &str = include_str!("../../../../docs/schedules.md");

/// The code blocks of a language, each with the line before it that is not empty.
fn blocks(language: &str) -> Vec<(&'static str, &'static str)> {
    let pieces: Vec<&str> = PAGE.split("```").collect();
    let pairs = pieces.chunks(2).filter(|pair| pair.len() == 2);
    let block = |pair: &[&'static str]| {
        let code = pair[1].strip_prefix(language)?.strip_prefix('\n')?;
        Some((pair[0].trim_end().lines().last()?, code))
    };
    pairs.filter_map(block).collect()
}

/// The scripts by their names.
fn scripts() -> BTreeMap<&'static str, &'static str> {
    let named = |(_, code): (_, &'static str)| {
        let name = code.strip_prefix("#!/bin/sh\n# ~/bin/")?.lines().next()?;
        Some((name, code))
    };
    blocks("sh").into_iter().filter_map(named).collect()
}

/// The days are relative to today, since the jobs ask for today.
fn portal() -> Portal {
    let portal = Portal::start_with(|builder| builder.clock(ClockMode::Real));
    let booking = |days: i64, last: &str, state: &str, kit: &str| {
        json!({ "course": 1, "in_working_days": days, "time": "09:00", "first_name": "Ada", "last_name": last,
            "email": format!("{}@example.org", last.to_lowercase()), "state": state, "kit": kit })
    };
    let bookings = [
        booking(2, "Lovelace", "booked", "out"),
        booking(-3, "Franklin", "attended", "back"),
        // about eleven months ago
        booking(-240, "Hopper", "attended", "back"),
    ];
    portal.run(async |sandbox| sandbox.add_contents(json!({ "bookings": bookings })).await);
    portal
}

/// A home with the scripts, the agency's list, and a program that keeps mails instead of sending them.
struct Home {
    portal: Portal,
    machine: Machine,
}

impl Home {
    fn new() -> Self {
        let portal = portal();
        let home = Self { machine: Machine::at(&portal), portal };
        for (name, code) in scripts() {
            let code = code.replace("/usr/sbin/sendmail", "sendmail");
            home.script(name, &code);
        }
        home.script("sendmail", "#!/bin/sh\ncat > \"$HOME/mail\"\n");
        let list = "First name,Surname,Email,Address,Town,Postcode,Role\n\
                    Ada,Hopper,hopper@example.org,4 Harbour Street,Leeds,LS1 4AP,Nurse\n";
        std::fs::write(home.path("candidates.csv"), list).unwrap();
        home
    }

    fn script(&self, name: &str, code: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path("bin").join(name);
        std::fs::create_dir_all(self.path("bin")).unwrap();
        std::fs::write(&path, code).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.machine.home.path().join(name)
    }

    /// Runs a line as a shell does, with what the command's environment has.
    fn run(&self, line: &str) -> Output {
        let plain = self.machine.command(&[]);
        let of_command = Path::new(plain.get_program()).parent().unwrap();
        let path = format!("{}:{}:/usr/bin:/bin", self.path("bin").display(), of_command.display());
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", line]).env_clear().current_dir(self.machine.home.path()).stdin(Stdio::null());
        shell.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
        shell.output().unwrap()
    }

    /// The same; it must succeed without a word on stderr.
    fn quietly(&self, line: &str) {
        let output = self.run(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success() && said.is_empty(), "{line}: {:?} {said}", output.status);
    }
}

#[test]
fn the_jobs_do_what_the_page_says() {
    let home = Home::new();
    let names: Vec<_> = scripts().into_keys().collect();
    assert_eq!(names, ["bls-agenda", "bls-certificates", "bls-chat", "bls-renewals"]);
    let settings = blocks("sh").into_iter().filter(|(_, code)| code.starts_with("hb-bls config")).collect::<Vec<_>>();
    let [(_, settings)] = settings[..] else { panic!("{settings:?}") };
    assert!(settings.lines().all(|line| home.run(line).status.success()), "{settings}");
    for name in ["bls-agenda", "bls-certificates", "bls-renewals"] {
        home.quietly(&format!("exec \"$HOME/bin/{name}\""));
    }
    let mail = std::fs::read_to_string(home.path("mail")).unwrap();
    let (head, page) = mail.split_once("\n\n").unwrap();
    assert!(head.contains("Content-Type: text/html; charset=utf-8"), "{head}");
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"), "{page}");
    // of the second course there are no credits, and nobody's certificate was there when the mail was written
    assert!(page.contains("Ada Lovelace") && page.contains("1 certificate to fetch, 1 low balance"), "{page}");
    let saved = std::fs::read_dir(home.path("certificates")).unwrap().map(|entry| entry.unwrap().file_name());
    let saved: Vec<_> = saved.map(|name| name.into_string().unwrap()).collect();
    assert!(saved.len() == 1 && saved[0].contains("Ada Franklin"), "{saved:?}");
    let renewals: Vec<_> =
        std::fs::read_dir(home.path("renewals")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &renewals[..] else { panic!("{renewals:?}") };
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.lines().count() == 2 && text.contains("Hopper") && text.contains("Harbour Street"), "{text}");
    let flags = "--pay-option credits --agency-contact-name Jo --agency-contact-email jo@agency.example";
    home.quietly(&format!("hb-bls book --from {} {flags} --quiet --results results.csv", file.display()));
    assert_eq!(home.portal.count("POST", "/api/v1/bookings"), 1);
}

/// A mail without a page would look as if there were nothing to do.
#[test]
fn no_mail_is_sent_if_the_agenda_fails() {
    let home = Home::new();
    let output = home.run("HB_BLS_API_KEY=wrong exec \"$HOME/bin/bls-agenda\"");
    assert_eq!(output.status.code(), Some(3));
    assert!(!home.path("mail").exists());
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: "));
}

#[test]
fn the_chat_gets_the_counts() {
    let home = Home::new();
    let (url, requests) = crate::agenda::receiver(200);
    let code = scripts()["bls-chat"].replace("https://chat.agency.example/hooks/bls", &url);
    home.script("bls-chat", &code);
    assert!(home.run("hb-bls config set warn-below-credits 5").status.success());
    home.quietly("exec \"$HOME/bin/bls-chat\"");
    let (_, body): (String, Value) = requests.recv_timeout(crate::running::PATIENCE).unwrap();
    assert_eq!(body["needs_attention"]["low_balance"], 1);
}

/// PowerShell and the shell read these lines alike.
#[test]
fn the_commands_for_windows_run() {
    let home = Home::new();
    let (_, code) = blocks("powershell")[0];
    let commands: Vec<_> = code.lines().filter(|line| line.starts_with("hb-bls ")).collect();
    assert_eq!(commands.len(), 3);
    for line in commands {
        home.quietly(line);
    }
    for file in ["agenda.html", "renewals.xlsx", "certificates"] {
        assert!(home.path(file).exists(), "{file}");
    }
}

#[test]
fn cron_starts_scripts_that_are_there() {
    let [(_, table)] = blocks("crontab")[..] else { panic!() };
    let jobs: Vec<_> = table.lines().filter(|line| line.starts_with(|char: char| char.is_ascii_digit())).collect();
    assert_eq!(jobs.len(), 3);
    for job in jobs {
        let fields: Vec<_> = job.splitn(6, ' ').collect();
        for (field, last) in fields[..5].iter().zip([59, 23, 31, 12, 7]) {
            let fits = |number: &str| number.parse::<u8>().is_ok_and(|number| number <= last);
            assert!(*field == "*" || field.split('-').all(fits), "{job}");
        }
        let script = fields[5].strip_prefix("$HOME/bin/").unwrap().split(' ').next().unwrap();
        assert!(scripts().contains_key(script), "{job}");
        // cron would take it for a line break
        assert!(!job.contains('%'), "{job}");
    }
}

#[test]
fn systemd_understands_the_units() {
    let home = Home::new();
    let units = blocks("ini");
    let folder = home.path("units");
    std::fs::create_dir(&folder).unwrap();
    let mut paths = Vec::new();
    for (before, code) in units {
        let (_, name) = before.rsplit_once('/').unwrap();
        let name = name.trim_end_matches(['`', ':']);
        for line in code.lines().filter(|line| !line.is_empty()) {
            assert!(line.starts_with('[') && line.ends_with(']') || line.contains('='), "{name}: {line}");
        }
        if let Some(unit) = code.lines().find_map(|line| line.strip_prefix("Unit=bls@")) {
            let script = format!("bls-{}", unit.strip_suffix(".service").unwrap());
            assert!(scripts().contains_key(&*script), "{name}: {script}");
            assert_eq!(name, format!("{script}.timer"));
        }
        // its own home is that of the user who runs the tests
        let code = code.replace("%h", &home.machine.home.path().display().to_string());
        std::fs::write(folder.join(name), code).unwrap();
        paths.push(folder.join(name.replace('@', "@agenda")));
    }
    std::fs::rename(folder.join("bls@.service"), folder.join("bls@agenda.service")).unwrap();
    std::fs::copy(folder.join("bls@agenda.service"), folder.join("bls@.service")).unwrap();
    assert_eq!(paths.len(), 4);
    let timers = paths.iter().filter(|path| path.extension().is_some_and(|end| end == "timer"));
    for path in timers.clone() {
        let text = std::fs::read_to_string(path).unwrap();
        let when = text.lines().find_map(|line| line.strip_prefix("OnCalendar=")).unwrap();
        let Some(output) = systemd_analyze(&["calendar", when]) else { return };
        assert!(output.status.success(), "{when}: {output:?}");
    }
    let paths: Vec<_> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    let Some(output) = systemd_analyze(&[&["verify", "--user", "--man=no"], &paths[..]].concat()) else { return };
    let said = String::from_utf8(output.stderr).unwrap();
    let ours: Vec<_> = said.lines().filter(|line| line.contains("bls")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}

/// Nothing where it is not installed.
fn systemd_analyze(args: &[&str]) -> Option<Output> {
    match Command::new("systemd-analyze").args(args).env("XDG_RUNTIME_DIR", "/nonexistent").output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{error}"),
    }
}
