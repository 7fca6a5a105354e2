//! Filter calls as text that parses back to the same.

use std::fmt;

use super::{FilterCall, Value, VariantSpec};

impl fmt::Display for Value {
    /// The bare value, as in an error message; a text is not quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(n) => n.fmt(f),
            Self::Integer(n) => n.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Bool(yes) => yes.fmt(f),
        }
    }
}

impl fmt::Display for FilterCall {
    /// As in `blur:radio=8`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Word(&self.filter))?;
        for (index, (name, value)) in self.params.iter().enumerate() {
            let separator = if index == 0 { ':' } else { ',' };
            write!(f, "{separator}{}=", Word(name))?;
            match value {
                Value::Text(text) => write!(f, "{}", Word(text))?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for VariantSpec {
    /// As in `web=redimensionar:porcentaje=50+marca_agua:texto="Hola, tú"`, without the name if it
    /// is the one that the calls give by themselves.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filters = self.steps.iter().map(|step| step.filter.as_str());
        if Self::own_name(filters, &self.files) != self.name {
            write!(f, "{}=", Word(&self.name))?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            let separator = if index == 0 { "" } else { "+" };
            write!(f, "{separator}{step}")?;
        }
        for file in &self.files {
            write!(f, "@{}", Self::file_text(file))?;
        }
        Ok(())
    }
}

/// A word, in quotation marks unless it is plain.
struct Word<'a>(&'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_alphanumeric() || "_-.#%/".contains(c);
        if !self.0.is_empty() && self.0.chars().all(plain) {
            return f.write_str(self.0);
        }
        f.write_str("\"")?;
        for c in self.0.chars() {
            if matches!(c, '"' | '\\') {
                f.write_str("\\")?;
            }
            write!(f, "{c}")?;
        }
        f.write_str("\"")
    }
}
