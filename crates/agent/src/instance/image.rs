//! Images: the directory that an instance's disk lies over.

use std::path::{Path, PathBuf};

use super::InstanceError;

/// A root file system, and what of it an instance must not see.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Image {
    /// The directory.
    pub(super) root: PathBuf,
    /// Absolute paths inside the image that lead to directories of ours.
    pub(super) hidden: Vec<PathBuf>,
}

/// Finds the image called `name` and where in it the directories `ours` lie.
pub(super) fn locate(name: &str, ours: &[PathBuf]) -> Result<Image, InstanceError> {
    let refuse = |reason| InstanceError::Image { image: name.into(), reason };
    let path = Path::new(if name == "host" { "/" } else { name });
    // Overlay options are separated by these.
    if !path.is_absolute() || name.contains([',', ':', '\\']) {
        return Err(refuse("it is not a plain absolute path"));
    }
    let root = path.canonicalize().map_err(|_| refuse("there is no such directory"))?;
    if !root.join("bin/sh").exists() && !root.join("bin").is_symlink() {
        return Err(refuse("it has no /bin/sh"));
    }
    let mut hidden = Vec::new();
    for ours in ours {
        let ours = ours.canonicalize().map_err(InstanceError::file("found", ours))?;
        if root.starts_with(&ours) {
            return Err(refuse("it lies inside a directory of Isthmus"));
        }
        if let Ok(inside) = ours.strip_prefix(&root) {
            hidden.push(Path::new("/").join(inside));
        }
    }
    Ok(Image { root, hidden })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_image_hides_our_directories() {
        let image = locate("host", &["/usr/lib".into()]).unwrap();
        assert_eq!(image, Image { root: "/".into(), hidden: vec!["/usr/lib".into()] });
    }

    #[test]
    fn a_disk_of_another_instance_is_no_image() {
        assert!(locate("/usr/lib", &["/usr".into()]).is_err());
    }

    #[test]
    fn an_image_name_cannot_smuggle_mount_options() {
        assert!(locate("/,upperdir=/etc", &[]).is_err());
        assert!(locate("etc", &[]).is_err());
    }
}
