// The catalogue of the development server, in the shape of `protocol/src/filter/spec.rs`.
const text = (es, en) => ({ es, en });
const float = (id, id_en, label, min, max, step, fallback, unit = 'none') => ({
  id,
  id_en,
  label,
  help: label,
  unit,
  type: 'float',
  min,
  max,
  slider_max: Math.min(max, 50),
  step,
  default: fallback,
});
const integer = (id, id_en, label, min, max, fallback, unit = 'none') => ({
  id,
  id_en,
  label,
  help: label,
  unit,
  type: 'integer',
  min,
  max,
  default: fallback,
});
const spec = (id, id_en, label, help, params = []) => ({ id, id_en, label, help, params });
const choice = (id, id_en, es, en) => ({ id, id_en, label: text(es, en) });

export const filters = [
  spec(
    'invertir',
    'invert',
    text('Invertir colores', 'Invert colours'),
    text('Da la vuelta a cada color.', 'Turns every colour into its opposite.'),
  ),
  spec('grises', 'grayscale', text('Escala de grises', 'Grayscale'), text('Quita el color.', 'Removes the colour.')),
  spec('blur', 'blur', text('Desenfocar', 'Blur'), text('Desenfoque gaussiano.', 'Gaussian blur.'), [
    float('radio', 'radius', text('Radio', 'Radius'), 0, 100, 0.5, 5, 'px'),
  ]),
  spec('nitidez', 'sharpen', text('Nitidez', 'Sharpen'), text('Realza los detalles.', 'Brings out detail.'), [
    float('factor', 'factor', text('Factor', 'Factor'), 0, 10, 0.1, 2),
  ]),
  spec('brillo', 'brightness', text('Brillo', 'Brightness'), text('Aclara u oscurece.', 'Lightens or darkens.'), [
    float('factor', 'factor', text('Factor', 'Factor'), 0, 4, 0.05, 1.5),
  ]),
  spec('contraste', 'contrast', text('Contraste', 'Contrast'), text('Separa claros y oscuros.', 'Pulls light and dark apart.'), [
    float('factor', 'factor', text('Factor', 'Factor'), 0, 4, 0.05, 1.5),
  ]),
  spec('sepia', 'sepia', text('Sepia', 'Sepia'), text('Tono de foto antigua.', 'The tone of an old photo.')),
  spec('bordes', 'edges', text('Detectar bordes', 'Find edges'), text('Deja solo los contornos.', 'Leaves only outlines.')),
  spec('relieve', 'emboss', text('Relieve', 'Emboss'), text('Efecto de relieve.', 'Embossed look.')),
  spec('posterizar', 'posterize', text('Posterizar', 'Posterise'), text('Reduce los tonos.', 'Reduces the number of tones.'), [
    integer('bits', 'bits', text('Bits', 'Bits'), 1, 8, 4, 'bits'),
  ]),
  spec('redimensionar', 'resize', text('Redimensionar', 'Resize'), text('Cambia el tamaño.', 'Changes the size.'), [
    float('porcentaje', 'percent', text('Porcentaje', 'Percent'), 1, 400, 1, 50, 'percent'),
    integer('ancho', 'width', text('Ancho', 'Width'), 1, 65535, null, 'px'),
    integer('alto', 'height', text('Alto', 'Height'), 1, 65535, null, 'px'),
    integer('lado_largo', 'long_edge', text('Lado largo', 'Long edge'), 1, 65535, null, 'px'),
    {
      id: 'ajuste',
      id_en: 'fit',
      label: text('Ajuste', 'Fit'),
      help: text('Cómo se ajusta', 'How it fits'),
      unit: 'none',
      type: 'choice',
      default: 'contener',
      options: [
        choice('contener', 'contain', 'Que quepa entera', 'All of it fits'),
        choice('cubrir', 'cover', 'Llenar y recortar', 'Fill and crop'),
      ],
    },
    {
      id: 'ampliar',
      id_en: 'enlarge',
      label: text('Ampliar', 'Enlarge'),
      help: text('Permite ampliar', 'Allows enlarging'),
      unit: 'none',
      type: 'bool',
      default: false,
    },
  ]),
  spec('logo', 'logo', text('Logotipo', 'Logo'), text('Pone una imagen encima.', 'Puts a picture on top.'), [
    {
      id: 'archivo',
      id_en: 'file',
      label: text('Archivo', 'File'),
      help: text('La imagen del logotipo.', "The logo's picture."),
      unit: 'none',
      type: 'file',
      endings: ['png', 'webp', 'svg'],
      default: null,
    },
    float('opacidad', 'opacity', text('Opacidad', 'Opacity'), 0, 1, 0.05, 1),
  ]),
  spec('lienzo', 'pad', text('Lienzo', 'Pad'), text('Rellena hasta unas proporciones.', 'Fills up to a ratio.'), [
    {
      id: 'aspecto',
      id_en: 'aspect',
      label: text('Proporciones', 'Aspect'),
      help: text('Ancho y alto', 'Width and height'),
      unit: 'none',
      type: 'ratio',
      default: '',
    },
    {
      id: 'margen',
      id_en: 'margin',
      label: text('Margen', 'Margin'),
      help: text('Margen', 'Margin'),
      unit: 'none',
      type: 'length',
      min: 0,
      max: 9999,
      max_percent: 100,
      default: '',
    },
    {
      id: 'color',
      id_en: 'colour',
      label: text('Color', 'Colour'),
      help: text('Color', 'Colour'),
      unit: 'none',
      type: 'color',
      transparent: true,
      default: '#ffffff',
    },
  ]),
  spec(
    'marca_agua',
    'watermark',
    text('Marca de agua', 'Watermark'),
    text('Escribe un texto sobre la foto.', 'Writes a text over the photo.'),
    [
      {
        id: 'texto',
        id_en: 'text',
        label: text('Texto', 'Text'),
        help: text('Texto', 'Text'),
        unit: 'none',
        type: 'text',
        max_chars: 80,
        default: 'PROCESADO',
      },
      float('opacidad', 'opacity', text('Opacidad', 'Opacity'), 0, 1, 0.05, 0.3),
      {
        id: 'color',
        id_en: 'colour',
        label: text('Color', 'Colour'),
        help: text('Color', 'Colour'),
        unit: 'none',
        type: 'color',
        default: '#ffffff',
      },
    ],
  ),
];

export const formats = [
  ['jpeg', 'JPEG', 'jpg', true],
  ['png', 'PNG', 'png', false],
  ['bmp', 'BMP', 'bmp', false],
  ['gif', 'GIF', 'gif', false],
  ['tiff', 'TIFF', 'tif', false],
  ['webp', 'WebP', 'webp', true],
].map(([id, name, extension, quality]) => ({ id, name, extension, quality }));
