//! The file system that the functions mount, as a type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::by_region::ByRegion;

/// An access point of Amazon EFS or S3 Files, and where it is mounted.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSystem {
    /// The access point: its ARN, of EFS or of S3 Files, or a logical id of `resources`. A table of regions gives each its own.
    pub(crate) access_point: ByRegion<String>,
    /// The folder, `/mnt/NAME`.
    pub(crate) mount: String,
}

/// The service of an access point.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FileSystemKind {
    Efs,
    S3Files,
}

impl FileSystemKind {
    const ALL: [Self; 2] = [Self::Efs, Self::S3Files];

    /// The service of an access point: by the type of the resource, or by the ARN.
    pub(crate) fn of(access_point: &str, resource: Option<&serde_json::Value>) -> Option<Self> {
        let found = match resource {
            Some(resource) => Self::ALL.into_iter().find(|kind| resource["Type"] == kind.resource_type()),
            None => {
                let service = access_point.strip_prefix("arn:")?.split(':').nth(1)?;
                Self::ALL.into_iter().find(|kind| kind.service() == service)
            }
        };
        found.filter(|_| resource.is_some() || access_point.contains("access-point/fsap-"))
    }

    /// The service's name in ARNs and actions.
    pub(crate) fn service(self) -> &'static str {
        match self {
            Self::Efs => "elasticfilesystem",
            Self::S3Files => "s3files",
        }
    }

    /// The type of an access point in `resources`.
    pub(crate) fn resource_type(self) -> &'static str {
        match self {
            Self::Efs => "AWS::EFS::AccessPoint",
            Self::S3Files => "AWS::S3Files::AccessPoint",
        }
    }

    /// The attribute with the access point's ARN.
    pub(crate) fn arn_attribute(self) -> &'static str {
        match self {
            Self::Efs => "Arn",
            Self::S3Files => "AccessPointArn",
        }
    }

    /// The type of a mount target in `resources`.
    pub(crate) fn mount_target_type(self) -> &'static str {
        match self {
            Self::Efs => "AWS::EFS::MountTarget",
            Self::S3Files => "AWS::S3Files::MountTarget",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_access_point_is_known_by_its_type_or_its_arn() {
        let efs = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0";
        let files = "arn:aws:s3files:eu-west-1:123456789012:file-system/fs-0123456789abcdef0/access-point/fsap-0123456789abcdef0";
        let other = json!({ "Type": "AWS::EFS::FileSystem" });
        for (text, resource, expected) in [
            (efs, None, Some(FileSystemKind::Efs)),
            (files, None, Some(FileSystemKind::S3Files)),
            ("arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-0123456789abcdef0", None, None),
            ("fsap-0123456789abcdef0", None, None),
            ("Point", Some(json!({ "Type": "AWS::S3Files::AccessPoint" })), Some(FileSystemKind::S3Files)),
            ("Point", Some(other), None),
        ] {
            assert_eq!(FileSystemKind::of(text, resource.as_ref()), expected, "{text}");
        }
    }
}
