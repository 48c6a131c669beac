use super::*;

const HEADER: &str = "course_id,first_name,last_name,email,phone,address,city,postcode,job_role,pay_option,\
                      agency_contact_name,agency_contact_email";

fn row(name: &str) -> String {
    format!(
        "1,{name},Lovelace,{name}@example.com,+447700900123,\"12, St James's Square\",London,SW1Y 4JH,Nurse,credits,\
         Jo Field,jo@agency.example"
    )
}

fn read_with(data: impl AsRef<[u8]>, flags: &[(Field, &str)], earliest: bool) -> Result<Vec<Row>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    fs::write(&path, data).unwrap();
    let flags = flags.iter().map(|(field, value)| (*field, (*value).to_owned())).collect();
    let rows = CandidateFile::read(&path, &flags, &[], earliest).and_then(|sheet| Ok(sheet.rows(&path, None)?));
    rows.map_err(|error| crate::report::Report::of(&error).reason())
}

fn read_all(data: impl AsRef<[u8]>) -> Result<Vec<Row>, String> {
    read_with(data, &[], true)
}

fn lines(rows: &[Row]) -> Vec<usize> {
    rows.iter().map(|row| row.line).collect()
}

#[test]
fn files_of_every_make_are_read_and_lines_counted() {
    let (ada, grace) = (row("ada"), row("grace"));
    for (data, expected) in [
        (format!("{HEADER}\n{ada}\n{grace}\n"), [2, 3]),
        (format!("{HEADER}\n{ada}\n{grace}"), [2, 3]),
        (format!("\u{feff}{HEADER}\r\n{ada}\r\n{grace}\r\n"), [2, 3]),
        (format!("{HEADER}\r{ada}\r{grace}\r"), [2, 3]),
        (format!("\n{HEADER}\n\n{ada}\n\n\n{grace}\n\n"), [4, 7]),
        (format!("{HEADER}\r\n\r\n{ada}\r\n,,,,,,,,,,,\r\n{grace}\r\n"), [3, 5]),
        (format!("{}\n{ada}\n{grace}\n", HEADER.replace(',', " , ")), [2, 3]),
    ] {
        let rows = read_all(&data).unwrap_or_else(|why| panic!("{data:?}: {why}"));
        assert_eq!(lines(&rows), expected, "{data:?}");
        assert_eq!(rows[0].order.details.address, "12, St James's Square");
        assert_eq!(rows[1].order.details.email, "grace@example.com");
    }
}

#[test]
fn every_error_is_told_with_its_line_and_column() {
    let broken = row("grace").replace("grace@example.com", "grace").replace("credits", "credit").replace("Nurse", " ");
    let data = format!("{HEADER}\n{}\n{broken}\n1,2\n{}\n{}\n", row("ada"), row("\"a\nb\""), row("ADA"));
    let why = read_all(data).err().unwrap();
    for part in [
        "has 7 errors; nothing was booked",
        "line 3, email: is not an email address",
        "line 3, job_role: is missing",
        "line 3, pay_option: is none of credits, balance, invoice, candidate_pays",
        "line 4, number of columns: 2 where the header has 12",
        "line 5, first_name: has a line break",
        "line 5, email: has a line break",
        "line 8, email: the same candidate and training as line 2",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    assert!(!why.contains("grace") && !why.contains("Lovelace"), "{why}");
}

#[test]
fn every_error_of_the_header_is_told() {
    let header = HEADER.replace("email,phone", "email,email,Phone,,shoe_size,date");
    let why = read_with(format!("{header}\n"), &[(Field::City, "Leeds")], true).err().unwrap();
    for part in [
        "line 1, email: is there twice",
        "line 1, Phone: is unknown; is it phone?",
        "line 1, phone: is missing; add the column, or give --phone",
        "line 1, column 7: has no name",
        "line 1, column 8: is unknown",
        "line 1, date: does not go with --earliest",
        "line 1, city: is given by --city, too",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    let why = read_with(format!("{HEADER}\n{}\n", row("ada")), &[], false).err().unwrap();
    assert!(why.contains("line 1, time: is missing; add the column, or give --time, or --earliest"), "{why}");
    assert!(why.contains("has 2 errors"), "a missing column is told once: {why}");
}

#[test]
fn what_is_no_table_is_told() {
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(HEADER.bytes().flat_map(|byte| [byte, 0])).collect();
    for (data, why) in [
        (Vec::new(), "it is empty"),
        (b"\n\n".to_vec(), "it is empty"),
        (HEADER.as_bytes().to_vec(), "there is no candidate in it"),
        (utf16, "it is UTF-16"),
        (HEADER.replace(',', ";").into_bytes(), "separated by `;`"),
        (HEADER.replace(',', "\t").into_bytes(), "separated by tabs"),
    ] {
        let told = read_all(data).err().unwrap();
        assert!(told.contains(why), "{told}");
    }
    let latin = [HEADER.as_bytes(), b"\n", &row("Ren\u{e9}").replace('é', "\u{1}").into_bytes()].concat();
    let latin: Vec<u8> = latin.into_iter().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
    let told = read_all(latin).err().unwrap();
    assert!(told.contains("line 2, first_name: is not UTF-8; save the file as CSV in UTF-8"), "{told}");
}

/// A quote that is not closed must not hide the candidates after it.
#[test]
fn a_quote_that_is_not_closed_swallows_nobody() {
    for broken in [row("ada").replace("jo@agency.example", "\"jo@agency.example"), row("\"ada")] {
        let told = read_all(format!("{HEADER}\n{broken}\n{}\n{}\n", row("grace"), row("joan"))).err().unwrap();
        assert!(told.contains("line 2, "), "{told}");
    }
}

#[test]
fn flags_stand_for_columns_and_are_part_of_the_digest() {
    let header = HEADER.replace(",pay_option", "");
    let data = format!("{header}\n{}\n", row("ada").replace(",credits", ""));
    let digest = |option| read_with(&data, &[(Field::PayOption, option)], true).map(|rows| rows[0].digest.clone());
    assert_eq!(digest("credits").unwrap(), digest("credits").unwrap());
    assert_ne!(digest("credits").unwrap(), digest("invoice").unwrap());
    assert!(digest("credit").is_err_and(|why| why.contains("--pay-option is none of")));
    let same = read_all(format!("{HEADER}\n{}\n", row("ada"))).unwrap();
    assert_eq!(same[0].digest, digest("credits").unwrap(), "wherever the value comes from");
}

/// This also holds for rows that have other errors. A wrong course in a flag is reported once.
#[test]
fn flags_header_rows_and_courses_are_told_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    let header = HEADER.replace(",pay_option", "").replace("phone", "Phone");
    let rows = ["ada", "grace", "joan"].map(|name| row(name).replace(",credits", ""));
    let rows = [rows[0].clone(), rows[1].replace("grace@", "grace"), rows[2].replacen('1', "9", 1)].join("\n");
    fs::write(&path, format!("{header}\n{rows}\n")).unwrap();
    let flags =
        [(Field::PayOption, "credit"), (Field::AgencyEmail, "booker")].map(|(field, value)| (field, value.into()));
    let sheet = CandidateFile::read(&path, &flags.into(), &[(Field::Date, "write it as 2026-06-15")], true).unwrap();
    let told = sheet.rows(&path, Some(&[CourseId::new(1)])).err().unwrap().into();
    let told = crate::report::Report::of(&told).reason();
    for part in [
        "and the flags have 7 errors; nothing was booked",
        "flags: --date write it as 2026-06-15",
        "flags: --pay-option is none of",
        "flags: --agency-email is not an email address",
        "line 1, Phone: is unknown; is it phone?",
        "line 1, phone: is missing",
        "line 3, email: is not an email address",
        "line 4, course_id: there is no course 9",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_course_that_a_flag_names_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("candidates.csv");
    let rows = ["ada", "grace"].map(|name| row(name)[2..].to_owned()).join("\n");
    fs::write(&path, format!("{}\n{rows}\n", &HEADER["course_id,".len()..])).unwrap();
    let flags = Values::from([(Field::CourseId, "9".to_owned())]);
    let read = || CandidateFile::read(&path, &flags, &[], true).unwrap();
    assert_eq!(read().rows(&path, Some(&[CourseId::new(9)])).ok().unwrap().len(), 2);
    let told = read().rows(&path, Some(&[CourseId::new(1)])).err().unwrap().to_string();
    assert_eq!(told, "the flags have an error; nothing was booked");
}
