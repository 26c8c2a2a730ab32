//! Rules of the file system.

use super::{super::FileSystemKind, Rules, arn::Arn};

/// <https://docs.aws.amazon.com/lambda/latest/api/API_FileSystemConfig.html>
const MAX_MOUNT: usize = 160;

impl Rules<'_> {
    pub(super) fn file_system(&mut self) {
        let stage = self.stage;
        let Some(efs) = &stage.efs else { return };
        if stage.vpc.is_none() && !self.is_faulty(&["vpc"]) {
            self.fault(["efs"], "`efs` needs `vpc`: a file system is reached by its mount targets in the subnets");
        }
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !efs.mount.strip_prefix("/mnt/").is_some_and(is_name) || efs.mount.len() > MAX_MOUNT {
            let sentence = format!("`{}` is not a folder such as `/mnt/data`", efs.mount);
            self.fault(["efs", "mount"], sentence);
        }
        let Some(point) = self.in_region(&["efs", "access_point"], &efs.access_point) else { return };
        if let Some(sentence) = self.access_point_fault(point) {
            self.fault(["efs", "access_point"], sentence);
        }
    }

    fn access_point_fault(&self, point: &str) -> Option<String> {
        let resource = self.stage.resources.get(point);
        if FileSystemKind::of(point, resource).is_none() {
            return Some(format!(
                "`{point}` is neither an `{}` or `{}` of `resources` nor the ARN of an access point",
                FileSystemKind::Efs.resource_type(),
                FileSystemKind::S3Files.resource_type(),
            ));
        }
        if resource.is_some() { None } else { Arn::parse(point)?.region_fault(point, self.region) }
    }
}
