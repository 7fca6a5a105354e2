// A client that speaks the vocabulary of Lote's origin and nothing else: it asks for filters and images as soon as it is connected, keeps
// what it is told in lists, and has the speed computed by a worker. The address is fixed, as it was; the test writes it into the query.
'use strict';

const $ = (id) => document.getElementById(id);
const item = (tag, text, into) => {
  const element = document.createElement(tag);
  element.textContent = text;
  into.append(element);
  return element;
};
const worker = new Worker('workers/monitor.js');
worker.onmessage = ({ data }) => {
  if (data.tipo === 'stats') $('rate').textContent = data.datos.velocidad.toFixed(2);
};

const socket = new WebSocket(new URLSearchParams(location.search).get('server'));
const say = (command) => socket.send(JSON.stringify(command));
window.received = [];

socket.onopen = () => {
  $('state').textContent = 'abierto';
  say({ tipo: 'listar_filtros' });
  say({ tipo: 'listar_imagenes' });
};
socket.onclose = () => {
  $('state').textContent = 'cerrado';
};
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  window.received.push(message);
  switch (message.tipo) {
    case 'filtros':
      for (const filter of message.datos) {
        const label = item('label', filter, item('li', '', $('filters')));
        const box = document.createElement('input');
        box.type = 'checkbox';
        box.value = filter;
        label.append(box);
      }
      break;
    case 'imagenes':
      for (const name of message.datos.imagenes) item('li', name, $('images'));
      break;
    case 'inicio_procesamiento':
      $('results').replaceChildren();
      $('log').replaceChildren();
      break;
    case 'progreso':
      $('progress').value = message.datos.porcentaje;
      item('li', `[${message.datos.porcentaje.toFixed(1)}%] ${message.datos.imagen} - ${message.datos.mensaje}`, $('log'));
      worker.postMessage({ tipo: 'actualizar_stats', datos: message.datos });
      break;
    case 'finalizado':
      for (const { filtro, tiempo_total, exitosas, fallidas, nucleos_usados } of message.datos.resultados) {
        item('tr', [filtro.toUpperCase(), `${tiempo_total.toFixed(2)}s`, exitosas, fallidas, nucleos_usados].join(' '), $('results'));
      }
      break;
    case 'error':
      item('li', `error: ${message.mensaje}`, $('log'));
  }
};

$('start').onclick = () =>
  say({ tipo: 'procesar', filtros: [...document.querySelectorAll('input:checked')].map((box) => box.value), modo: $('mode').value });
$('cancel').onclick = () => say({ tipo: 'cancelar' });
