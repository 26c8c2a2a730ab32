//! The profiles of the user's AWS configuration: their names and regions, without secrets.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    path::PathBuf,
};

/// The region of each profile, where it names one.
pub(super) type Profiles = BTreeMap<String, Option<String>>;

/// Reads the two files that the AWS tools share.
pub(super) fn profiles(environment: &BTreeMap<OsString, OsString>) -> Profiles {
    let home = ["HOME", "USERPROFILE"].iter().find_map(|name| environment.get(OsStr::new(name)));
    let file = |variable: &str, name: &str| {
        let named = environment.get(OsStr::new(variable)).map(PathBuf::from);
        let path = named.or_else(|| Some(PathBuf::from(home?).join(".aws").join(name)))?;
        fs::read_to_string(path).ok()
    };
    let mut profiles = Profiles::new();
    if let Some(text) = file("AWS_SHARED_CREDENTIALS_FILE", "credentials") {
        read(&text, &mut profiles);
    }
    if let Some(text) = file("AWS_CONFIG_FILE", "config") {
        read(&text, &mut profiles);
    }
    profiles
}

fn read(text: &str, profiles: &mut Profiles) {
    let mut current = None;
    for line in text.lines() {
        if let Some(section) = line.trim().strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let section = section.trim();
            // The configuration has sections of other kinds too, such as `sso-session name`.
            current = match section.split_once(char::is_whitespace) {
                Some(("profile", name)) => Some(name.trim().trim_matches('"').to_owned()),
                Some(_) => None,
                None => Some(section.to_owned()),
            };
            if let Some(name) = &current {
                profiles.entry(name.clone()).or_default();
            }
        } else if let (Some(name), Some((key, value))) = (&current, line.split_once('='))
            && key == key.trim_start()
            && key.trim() == "region"
        {
            profiles.insert(name.clone(), Some(value.trim().to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_of_both_files_are_found_with_their_regions() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".aws")).unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(".aws").join(name), text).unwrap();
        write("credentials", "[default]\naws_access_key_id = x\n[ci]\n");
        write(
            "config",
            "[default]\nregion = eu-west-1\n# [profile old]\n[profile work]\nsso_session = s\nregion=us-east-2\ns3 =\n  region = nested\n[sso-session s]\nregion = us-west-1\n",
        );
        let environment = BTreeMap::from([(OsString::from("HOME"), folder.path().as_os_str().to_owned())]);
        let found = profiles(&environment);
        let shown: Vec<_> = found.iter().map(|(name, region)| (name.as_str(), region.as_deref())).collect();
        assert_eq!(shown, [("ci", None), ("default", Some("eu-west-1")), ("work", Some("us-east-2"))]);
    }
}
