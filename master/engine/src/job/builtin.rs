//! Recipes that come with the program.

use crate::lang::Lang;

/// A recipe that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its names in Spanish and English.
    pub es: &'static str,
    /// See above.
    pub en: &'static str,
    help_es: &'static str,
    help_en: &'static str,
    /// The recipe, with the date and the source of its numbers.
    pub text: &'static str,
}

impl BuiltIn {
    /// Its name in a language.
    pub const fn name(&self, lang: Lang) -> &'static str {
        lang.pick(self.en, self.es)
    }

    /// What it is for.
    pub const fn help(&self, lang: Lang) -> &'static str {
        lang.pick(self.help_en, self.help_es)
    }
}

/// All of them.
pub const BUILT_IN: [BuiltIn; 6] = [
    BuiltIn {
        es: "web",
        en: "web",
        help_es: "Para páginas web: 1600 px de lado largo, JPEG de calidad 82",
        help_en: "For web pages: long edge of 1600 px, JPEG of quality 82",
        text: include_str!("recipes/web.toml"),
    },
    BuiltIn {
        es: "instagram",
        en: "instagram",
        help_es: "Vertical de 1080 x 1350 px (4:5), JPEG",
        help_en: "Portrait of 1080 x 1350 px (4:5), JPEG",
        text: include_str!("recipes/instagram.toml"),
    },
    BuiltIn {
        es: "tienda",
        en: "shop",
        help_es: "Para tiendas: cuadrado de 2048 px sobre blanco, JPEG",
        help_en: "For shops: square of 2048 px on white, JPEG",
        text: include_str!("recipes/shop.toml"),
    },
    BuiltIn {
        es: "impresion",
        en: "print",
        help_es: "Para imprimir: sin cambiar el tamaño, JPEG de calidad 95",
        help_en: "For printing: size unchanged, JPEG of quality 95",
        text: include_str!("recipes/print.toml"),
    },
    BuiltIn {
        es: "archivo",
        en: "archive",
        help_es: "Para guardar: sin pérdida, TIFF",
        help_en: "For keeping: lossless, TIFF",
        text: include_str!("recipes/archive.toml"),
    },
    BuiltIn {
        es: "miniaturas",
        en: "thumbnails",
        help_es: "Miniaturas de 400 px de lado largo, WebP",
        help_en: "Thumbnails with a long edge of 400 px, WebP",
        text: include_str!("recipes/thumbnails.toml"),
    },
];

#[cfg(test)]
mod tests {
    use super::super::Recipe;
    use super::*;

    #[test]
    fn every_built_in_recipe_can_be_used_and_says_where_its_numbers_come_from() {
        for recipe in BUILT_IN {
            let parsed = Recipe::parse(recipe.text, recipe.en).unwrap();
            assert_eq!(parsed.variants.len(), 1, "{}", recipe.en);
            let (first, rest) = recipe.text.split_once('\n').unwrap();
            assert!(first.starts_with("# 20") && rest.starts_with("# http"), "{}", recipe.en);
        }
    }
}
