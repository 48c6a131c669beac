//! What shells and manuals get.

use crate::machine::Machine;

#[test]
fn completions_for_each_shell_name_the_commands() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = machine.run(&format!("completions {shell}"));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        for word in ["bookings", "certificates", "all-available", "base-url"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
        // help of options is not part of what bash completes
        assert_eq!(run.stdout.contains("base URL"), shell != "bash", "{shell}");
    }
    let refused = machine.run("completions tcsh");
    assert_eq!(refused.code, 2);
}

/// The script is one that bash takes, and it completes.
#[cfg(unix)]
#[test]
fn bash_completes_a_command() {
    let machine = Machine::new();
    let script = machine.home.path().join("hb-bls.bash");
    std::fs::write(&script, machine.run("completions bash").stdout).unwrap();
    let program = r#". ./hb-bls.bash; COMP_WORDS=(hb-bls book); COMP_CWORD=1; _hb__bls hb-bls book hb-bls; echo "${COMPREPLY[@]}""#;
    let output =
        std::process::Command::new("bash").args(["-c", program]).current_dir(machine.home.path()).output().unwrap();
    let words = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(words.split_whitespace().any(|word| word == "bookings"), "{words} {output:?}");
}

#[test]
fn man_pages_are_printed_or_written() {
    let machine = Machine::new();
    let page = machine.run("man");
    assert_eq!(page.code, 0);
    assert!(page.stdout.contains(".TH hb-bls 1") && page.stdout.contains("Exit codes"), "{}", page.stdout);
    assert_eq!(machine.run("man --dir pages").code, 0);
    let pages: Vec<String> = std::fs::read_dir(machine.home.path().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for page in ["hb-bls.1", "hb-bls-bookings.1", "hb-bls-bookings-export.1", "hb-bls-auth-login.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
    }
    std::fs::write(machine.home.path().join("taken"), "").unwrap();
    let failed = machine.run("man --dir taken/below");
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.starts_with("error: cannot create taken/below: "), "{}", failed.stderr);
}
