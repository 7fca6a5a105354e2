// The origin's worker, in short: figures of the last progress it was sent.
self.onmessage = ({ data }) => {
  if (data.tipo !== 'actualizar_stats') return;
  const { procesadas, tiempo_transcurrido: seconds } = data.datos;
  self.postMessage({ tipo: 'stats', datos: { procesadas, velocidad: seconds > 0 ? procesadas / seconds : 0 } });
};
