/** @file A small general set: 100 short questions with the words that a right answer holds, and plain prose. None is trained on. */

const questions = `What is the capital of France?|paris
What is the capital of Germany?|berlin
What is the capital of Spain?|madrid
What is the capital of Japan?|tokyo
What is the capital of Egypt?|cairo
What is the capital of Russia?|moscow
What is the capital of China?|beijing
What is the capital of England?|london
What is the capital of Canada?|ottawa
What is the capital of Greece?|athens
What is 2 plus 2?|4|four
What is 3 plus 4?|7|seven
What is 10 minus 4?|6|six
What is 5 times 2?|10|ten
What is 9 plus 1?|10|ten
What is 6 times 3?|18|eighteen
What is 20 divided by 4?|5|five
What is 8 minus 5?|3|three
What is 100 divided by 10?|10|ten
What is 4 times 4?|16|sixteen
Is water wet? Answer yes or no.|yes
Is fire cold? Answer yes or no.|no
Can birds fly? Answer yes or no.|yes
Is a dog an animal? Answer yes or no.|yes
Is the sun a star? Answer yes or no.|yes
Is ice warm? Answer yes or no.|no
Do fish live in water? Answer yes or no.|yes
Is a car a fruit? Answer yes or no.|no
Is the moon bigger than the earth? Answer yes or no.|no
Is snow white? Answer yes or no.|yes
What color is grass?|green
What color is a ripe banana?|yellow
What color is snow?|white
What color is coal?|black
What color is blood?|red
What color do you get from red and white?|pink
What color is an orange?|orange
What color is chocolate?|brown
What is the color of the sky on a clear day?|blue
What color is a fire engine?|red
What is the opposite of big?|small|little
What is the opposite of up?|down
What is the opposite of day?|night
What is the opposite of black?|white
What is the opposite of fast?|slow
What is the opposite of old?|young|new
What is the opposite of left?|right
What is the opposite of open?|close
What is the opposite of rich?|poor
What is the opposite of dry?|wet
Which animal says meow?|cat
Which animal barks?|dog
Which animal gives us milk?|cow
Which animal has a trunk?|elephant
Which animal has black and white stripes?|zebra
Which animal has a very long neck?|giraffe
Which animal is the king of the jungle?|lion
Which insect makes honey?|bee
Which animal lays eggs on a farm?|chicken|hen
Which large animal lives in the ocean and is a mammal?|whale|dolphin
How many months are in a year?|12|twelve
How many hours are in a day?|24|twenty-four
How many minutes are in an hour?|60|sixty
How many legs does a dog have?|4|four
How many wheels does a bicycle have?|2|two
How many sides does a triangle have?|3|three
How many sides does a square have?|4|four
How many letters are in the English alphabet?|26|twenty-six
How many fingers are on one hand?|5|five
How many eyes does a person have?|2|two
Which planet do we live on?|earth
Which planet is called the red planet?|mars
Which planet is the largest?|jupiter
Which planet has large rings?|saturn
What does the earth go around?|sun
What is frozen water called?|ice
What gas do we breathe in to live?|oxygen
What is H2O?|water
What force pulls things to the ground?|gravity
What do plants need from the sun?|light|energy
Who wrote "Hamlet"?|shakespeare
Who painted the Mona Lisa?|leonardo|vinci
Who was the first president of the United States?|washington
Who discovered gravity when an apple fell?|newton
Who developed the theory of relativity?|einstein
In which country is the Eiffel Tower?|france
In which country are the pyramids of Giza?|egypt
In which country is the Great Wall?|china
On which continent is Kenya?|africa
On which continent is France?|europe
What do you use to write on paper?|pen|pencil
What do you wear on your feet?|shoes|socks
What do you use to cut paper?|scissors
What do you open with a key?|door|lock
What do you read in a library?|book
What day comes after Monday?|tuesday
What day comes before Sunday?|saturday
What month comes after March?|april
What season comes after winter?|spring
What meal do people eat in the morning?|breakfast`;

export const generalQuestions = questions.split('\n').map((line) => {
  const [question, ...answers] = line.split('|') as [string, ...string[]];
  return { question, answers };
});

export const isRight = (answers: readonly string[], text: string): boolean =>
  answers.some((answer) => new RegExp(`\\b${answer}`, 'i').test(text));

/** Prose that is looked at to choose among trainings. */
export const chosenOnProse: readonly string[] = [
  'The old bridge crosses the river at its narrowest point. Farmers used it for two hundred years to bring their sheep to the market on the other side, and today it is open to walkers only.',
  'To bake a simple bread, mix flour, water, yeast and a little salt. Knead the dough until it is smooth, let it rise in a warm place for an hour, and bake it until the crust is brown.',
  'Rain falls when drops of water in a cloud become too heavy to float. The water runs into streams and rivers, reaches the sea, and rises again as vapor when the sun warms the surface.',
  'She opened the window and looked at the garden. The apple tree had lost its last leaves during the night, and a thin layer of frost covered the grass.',
  'A good index makes a book useful. Readers who look for a single fact do not want to read every chapter, and a list of words with page numbers takes them to the right place.',
  'The team met every Tuesday to talk about what had gone well and what had not. Small problems were solved at once, and larger ones were written on a board for the next week.',
  'Bicycles became popular at the end of the nineteenth century, when air filled tires made them comfortable. They gave many people the freedom to travel to the next town for work.',
  'The library closes at six in the evening. Books can be returned at any time through the slot beside the main door, and fines are charged for each day that a book is late.',
  'The harbor is quiet in winter. Most of the boats have been pulled onto the land and covered, and only two fishermen go out before dawn when the wind allows it.',
  'A map shows the world smaller than it is. Its maker decides what to leave out, so a map for hikers has paths and springs, while one for drivers has roads and gas stations.',
  'Wash the potatoes, cut them into thin slices, and lay them in a dish with milk, butter and pepper. Bake them slowly until the top is golden and a fork goes through without effort.',
  'The school started a small garden behind the gym. Each class takes care of one bed, and in June the children cook a soup from the vegetables that they have grown.',
  'Glass is made by heating sand with soda and lime until it melts. While it is hot it can be blown, poured or rolled, and it becomes hard and clear as it cools.',
  'He had forgotten his umbrella again. By the time the train arrived, his coat was wet through, and the letter in his pocket could no longer be read.',
  'Clocks in towers were once the only way for most people to know the time. Because they had no minute hand, nobody expected a meeting to begin on the exact minute.',
  'Birds that spend the summer in the north fly south when the days become short. Some of them travel at night and find their way by the stars.',
];

/** Prose that is looked at once, at the end. */
export const prose: readonly string[] = [
  'Volcanoes form where melted rock from deep inside the earth reaches the surface. The melted rock is called magma while it is underground and lava once it flows out. When lava cools, it becomes solid rock, and over thousands of years many layers of it can build a mountain.',
  'A balanced diet includes fruits, vegetables, whole grains and protein. Fruits and vegetables provide vitamins and fiber, while grains give the body energy. It is also important to drink enough water during the day, especially in hot weather or after exercise.',
  'The human heart is a muscle that pumps blood through the body. It has four chambers, two on each side. Blood that carries oxygen leaves the heart through large vessels called arteries, and blood that has given its oxygen away returns through the veins.',
  'Reading to young children helps them learn new words and understand how stories work. Even before they can read on their own, they learn that pages are turned from front to back and that the marks on the paper stand for spoken words.',
  'Trees are an important part of a healthy city. They give shade in the summer, clean the air and offer a home to birds and insects. Streets with many trees are often several degrees cooler than streets without any.',
  'The printing press changed the way people shared knowledge. Before it was invented, books had to be copied by hand, which took months and made them very expensive. With the press, hundreds of copies could be made in the same time.',
  'Learning to play an instrument takes patience and practice. Most teachers recommend short sessions every day instead of one long session each week. Beginners should start with simple songs and play them slowly until every note is clear.',
  'Sound travels in waves. When an object vibrates, it pushes the air around it, and these small changes in pressure move away from the object in all directions. When the waves reach our ears, they make the eardrum vibrate, and we hear a sound.',
  'Many families save money for unexpected costs, such as a broken car or a visit to the doctor. A common rule is to put aside a small part of every paycheck in a separate account. Over time, even small amounts add up.',
  'Whales are mammals that live in the ocean. Like all mammals, they breathe air, so they must come to the surface from time to time. Their young are born alive and drink milk from their mothers for several months.',
  'Before starting a hike, it is a good idea to check the weather and tell someone where you are going. Wear comfortable shoes, bring a map and carry more water than you think you will need. If a storm comes, leave open places and go back down.',
  'A computer program is a list of instructions that a machine follows in order. Programmers write these instructions in a language that people can read, and another program translates them into a form that the computer can execute.',
];
