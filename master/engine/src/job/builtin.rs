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
    why_es: &'static str,
    /// The recipe, with the date and the source of its numbers.
    pub text: &'static str,
}

impl BuiltIn {
    /// Its name in a language.
    pub const fn name(&self, lang: Lang) -> &'static str {
        lang.pick(self.en, self.es)
    }

    /// The recipe as it is shown in a language: the first line, which says the date and why, is in it.
    pub fn shown(&self, lang: Lang) -> String {
        match (lang, self.text.split_once(". "), self.text.split_once(":\n")) {
            (Lang::Es, Some((date, _)), Some((_, rest))) => {
                format!("{date}. {}:\n{rest}", self.why_es)
            }
            _ => self.text.to_owned(),
        }
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
        why_es: "Un lado largo de 1600 px cubre una columna de 800 px de CSS en una pantalla de dos píxeles por cada uno; 82 es la calidad JPEG propia de WordPress",
        text: include_str!("recipes/web.toml"),
    },
    BuiltIn {
        es: "instagram",
        en: "instagram",
        help_es: "Vertical de 1080 x 1350 px (4:5), JPEG",
        help_en: "Portrait of 1080 x 1350 px (4:5), JPEG",
        why_es: "Las publicaciones se guardan hasta 1080 px de ancho; 1080 x 1350 px es un retrato de 4:5",
        text: include_str!("recipes/instagram.toml"),
    },
    BuiltIn {
        es: "tienda",
        en: "shop",
        help_es: "Para tiendas: cuadrado de 2048 px sobre blanco, JPEG",
        help_en: "For shops: square of 2048 px on white, JPEG",
        why_es: "Las imágenes cuadradas de 2048 x 2048 px son las que mejor se ven en tiendas; se muestra todo el producto, sobre blanco",
        text: include_str!("recipes/shop.toml"),
    },
    BuiltIn {
        es: "impresion",
        en: "print",
        help_es: "Para imprimir: sin cambiar el tamaño, JPEG de calidad 95",
        help_en: "For printing: size unchanged, JPEG of quality 95",
        why_es: "Por encima de una calidad JPEG de 95 los archivos crecen y no se gana nada; tamaño y perfil quedan como son",
        text: include_str!("recipes/print.toml"),
    },
    BuiltIn {
        es: "archivo",
        en: "archive",
        help_es: "Para guardar: sin pérdida, TIFF",
        help_en: "For keeping: lossless, TIFF",
        why_es: "TIFF, sin pérdida, es un formato preferido para fotografías que se van a conservar",
        text: include_str!("recipes/archive.toml"),
    },
    BuiltIn {
        es: "miniaturas",
        en: "thumbnails",
        help_es: "Miniaturas de 400 px de lado largo, WebP",
        help_en: "Thumbnails with a long edge of 400 px, WebP",
        why_es: "Un lado largo de 400 px cubre 200 px de CSS en una pantalla de dos píxeles por cada uno; WebP ocupa una cuarta parte menos que JPEG",
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
            let spanish = recipe.shown(Lang::Es);
            let (why, same) = spanish.split_once('\n').unwrap();
            assert!(same == rest && why != first && why[..11] == first[..11], "{spanish}");
            assert_eq!(recipe.shown(Lang::En), recipe.text);
        }
    }
}
