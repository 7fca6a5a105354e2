//! Texts that stand in a file by themselves: comments, and what PNG has under keywords.

/// The keyword that PNG has for a comment, and which comments of other formats are given.
const COMMENT: &str = "Comment";

/// A text with what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// A keyword of PNG (PNG 3rd edition, 11.3.3.1).
    pub(crate) keyword: String,
    /// UTF-8, or else an encoding that nobody has stated.
    pub(crate) content: Vec<u8>,
}

impl Text {
    pub(crate) fn comment(content: Vec<u8>) -> Self {
        Self { keyword: COMMENT.into(), content }
    }

    pub(crate) fn is_comment(&self) -> bool {
        self.keyword == COMMENT
    }

    /// Bytes of both.
    pub(crate) fn len(&self) -> usize {
        self.keyword.len() + self.content.len()
    }
}
